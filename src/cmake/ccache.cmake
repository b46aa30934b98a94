# Uses ccache as the compiler launcher when it is found and nobody chose another launcher.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(STOPLOG_CCACHE ccache)
    if(STOPLOG_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER "${STOPLOG_CCACHE}")
    endif()
endif()

# What every target of ours is compiled with, as interface targets: language, warnings, sanitizers.
add_library(stoplog_flags INTERFACE)
target_compile_features(stoplog_flags INTERFACE cxx_std_20)
target_compile_options(stoplog_flags INTERFACE
    -fvisibility=hidden
    $<$<CONFIG:Release>:-O2;-ffunction-sections;-fdata-sections>
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-fno-plt>
    $<$<CONFIG:Debug>:-g1>)
# What nobody calls, most of it out of headers, is no part of the wheel.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(stoplog_flags INTERFACE $<$<CONFIG:Release>:-Wl,--gc-sections>)
endif()
if(STOPLOG_SANITIZE)
    target_compile_options(stoplog_flags INTERFACE
        -fsanitize=${STOPLOG_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(stoplog_flags INTERFACE -fsanitize=${STOPLOG_SANITIZE})
endif()

add_library(stoplog_warnings INTERFACE)
target_compile_options(stoplog_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wthread-safety -Wthread-safety-beta>
    $<$<BOOL:${STOPLOG_WERROR}>:-Werror>)

# CPython's type tables are filled from the front and cast every method to one signature.
add_library(stoplog_binding_warnings INTERFACE)
target_link_libraries(stoplog_binding_warnings INTERFACE stoplog_warnings)
target_compile_options(stoplog_binding_warnings INTERFACE
    -Wno-missing-field-initializers -Wno-cast-function-type)

# Compiles files for size: they are long, and run once for a job, a flow or a file.
function(stoplog_compact)
    foreach(source IN LISTS ARGN)
        set_property(SOURCE ${source} APPEND PROPERTY
            COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
    endforeach()
endfunction()

# Turns link-time optimisation on for one target, where it was asked for and helps.
function(stoplog_optimise target)
    if(STOPLOG_LTO AND NOT STOPLOG_SANITIZE)
        set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)
    endif()
endfunction()

# Finds what stoplog is built from: cereal, Boost.Serialization and oneTBB for the core, Python and pybind11 for the
# extension.
#
# Only the extension's build may ask for an interpreter; the core must build without one.
if(STOPLOG_PYTHON)
    set(PYBIND11_FINDPYTHON ON)
    find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
    # C++ libraries that came as wheels: ask the build's Python where they are.
    execute_process(
        COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/wheel_prefixes.py"
        OUTPUT_VARIABLE wheel_prefixes
        OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)
    list(PREPEND CMAKE_PREFIX_PATH ${wheel_prefixes})
    find_package(pybind11 3.1 CONFIG REQUIRED)
    message(STATUS "pybind11 ${pybind11_VERSION}: ${pybind11_DIR}")
endif()

find_package(TBB REQUIRED)
message(STATUS "oneTBB ${TBB_VERSION}: ${TBB_DIR}")
find_package(cereal REQUIRED)
message(STATUS "cereal ${cereal_VERSION}: ${cereal_DIR}")
# The shared library: Debian's static one was not compiled to be part of another shared library, and
# the wheels have no static one.
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.74 REQUIRED COMPONENTS serialization)
message(STATUS "Boost.Serialization ${Boost_VERSION}: ${boost_serialization_DIR}")

if(STOPLOG_TESTS)
    find_package(GTest REQUIRED)
endif()

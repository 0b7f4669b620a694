#!/bin/sh
# Builds the CUDA kernels and the emulator that runs them on the CPU. Only what has changed is compiled again.
#
#   build.sh [all]                    both; what lacks its compiler (nvcc, g++) is left out with one line
#   build.sh cuda                     kernels/<group>.fatbin
#   build.sh emulator [--keep-going]  libbindrae-emulator.so; --keep-going leaves out the files that do not compile
#   build.sh check [file.cu ...]      compiles for sm_80 and sm_90a, prints registers, shared memory and spills of each kernel
#   build.sh test                     the emulator's own test
#
# BINDRAE_GPU_OUT     folder of the results instead of target beside this file
# BINDRAE_CUDA_ARCHS  architectures to build for instead of all, for example "80 90a"
# BINDRAE_JOBS        compilers at a time, 2 if not set
set -u
cd "$(dirname "$0")" || exit 1
OUT=${BINDRAE_GPU_OUT:-target}
JOBS=${BINDRAE_JOBS:-2}
export BINDRAE_GPU_OUT="$OUT"

CXXFLAGS="-std=c++17 -O2 -g1 -fPIC -fvisibility=hidden -ftls-model=local-dynamic -ffp-contract=off -Wall -Wextra -Wno-unknown-pragmas -Wno-sign-compare -DBINDRAE_EMULATOR -Isrc"

say() {
    echo "gpu-native: $*"
}

# is_current RESULT DEPENDENCIES: whether the result is newer than the files that the compiler wrote to DEPENDENCIES, and than this script
is_current() {
    [ -e "$1" ] && [ -e "$2" ] || return 1
    for needed in build.sh $(sed -e 's/^[^:]*://' -e 's/\\$//' "$2"); do
        [ -e "$needed" ] && [ ! "$needed" -nt "$1" ] || return 1
    done
}

# The name of a result for a source: src/tensor/add.cu -> tensor-add
name_of() {
    echo "$1" | sed -e 's/^src\///' -e 's/\.[a-z]*$//' -e 's/\//-/g'
}

compile_for_emulator() {
    object="$OUT/emulator/$(name_of "$1").o"
    is_current "$object" "${object%.o}.d" && return 0
    rm -f "$object"
    # shellcheck disable=SC2086
    g++ $CXXFLAGS -MMD -MF "${object%.o}.d" -x c++ -c -o "$object.new" "$1" || return 1
    mv "$object.new" "$object"
}

build_emulator() {
    if ! command -v g++ >/dev/null 2>&1; then
        say "the emulator is not built, because there is no g++ on PATH"
        return 0
    fi
    mkdir -p "$OUT/emulator" || return 1
    sources=$(ls emulator/*.cpp src/*/*.cu 2>/dev/null | grep -v '_sm90a\.cu$')
    failed=0
    echo "$sources" | xargs -P "$JOBS" -n 1 sh build.sh compile-for-emulator || failed=1
    if [ "$failed" = 1 ] && [ "${1:-}" != --keep-going ]; then
        say "the emulator is not built: a file does not compile"
        return 1
    fi
    objects=
    for source in $sources; do
        object="$OUT/emulator/$(name_of "$source").o"
        if [ -e "$object" ]; then
            objects="$objects $object"
        else
            say "############ $source DOES NOT COMPILE: its kernels are missing in the emulator ############"
        fi
    done
    library="$OUT/libbindrae-emulator.so"
    if [ -e "$library" ] && [ "$(cat "$OUT/emulator/objects" 2>/dev/null)" = "$objects" ]; then
        newer=0
        for object in $objects; do
            [ "$object" -nt "$library" ] && newer=1
        done
        [ $newer = 0 ] && return 0
    fi
    # shellcheck disable=SC2086
    g++ -shared -Wl,-z,defs -o "$library.new" $objects || return 1
    mv "$library.new" "$library" || return 1
    echo "$objects" >"$OUT/emulator/objects"
    say "$library"
}

test_emulator() {
    if ! command -v g++ >/dev/null 2>&1; then
        say "the emulator is not tested, because there is no g++ on PATH"
        return 0
    fi
    mkdir -p "$OUT/emulator" || return 1
    # shellcheck disable=SC2086
    g++ $CXXFLAGS -x c++ -o "$OUT/emulator/test" test/*.cu test/*.cpp emulator/*.cpp && "$OUT/emulator/test"
}

case ${1:-all} in
emulator)
    build_emulator "${2:-}"
    ;;
compile-for-emulator)
    compile_for_emulator "$2"
    ;;
test)
    test_emulator
    ;;
esac

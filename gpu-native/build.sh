#!/bin/sh
# Builds the CUDA kernels and the emulator that runs them on the CPU. Only what has changed is compiled again.
#
#   build.sh [all]                    both, and puts the kernels into the bundles; what lacks its compiler (nvcc, g++) is left out with one line
#   build.sh cuda                     kernels/<file>.fatbin, and a list of them for each group
#   build.sh emulator [--keep-going]  libbindrae-emulator.so; --keep-going leaves out the files that do not compile
#   build.sh check [file.cu ...]      compiles for sm_80 and sm_90a, prints registers, shared memory and spills of each kernel
#   build.sh test                     the emulator's own test
#
# BINDRAE_GPU_OUT     folder of the results instead of target beside this file
# BINDRAE_CUDA_ARCHS  architectures to build for instead of all, for example "80 90a"; with ptx for what later cards compile
# BINDRAE_JOBS        compilers at a time, 2 if not set
set -u
cd "$(dirname "$0")" || exit 1
OUT=${BINDRAE_GPU_OUT:-target}
JOBS=${BINDRAE_JOBS:-2}
export BINDRAE_GPU_OUT="$OUT"

CXXFLAGS="-std=c++17 -O2 -g1 -fPIC -fvisibility=hidden -ftls-model=local-dynamic -ffp-contract=off -Wall -Wextra -Wno-unknown-pragmas -Wno-sign-compare -DBINDRAE_EMULATOR -Isrc"
# in kernels, the compiler checks addresses and indices; the emulator tells what it finds
CHECKS="-fsanitize=alignment,null,bounds"

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
    checks=$CHECKS
    [ "${1#emulator/}" = "$1" ] || checks=
    # shellcheck disable=SC2086
    g++ $CXXFLAGS $checks -MMD -MF "${object%.o}.d" -x c++ -c -o "$object.new" "$1" || return 1
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
    objects=
    for source in emulator/*.cpp test/kernels.cu test/EmulatorTest.cpp; do
        compile_for_emulator "$source" || return 1
        objects="$objects $OUT/emulator/$(name_of "$source").o"
    done
    # shellcheck disable=SC2086
    g++ -o "$OUT/emulator/test" $objects && "$OUT/emulator/test"
}

NVCCFLAGS="-std=c++17 -O3 --expt-relaxed-constexpr -Isrc"
GROUPS_OF_KERNELS="tensor attention training"
ARCHS=${BINDRAE_CUDA_ARCHS-80 86 89 90a 100 120 ptx}

# The folders of a group: one bundle
subjects_of() {
    case $1 in
    tensor) echo tensor gemm ;;
    attention) echo attention ;;
    training) echo geometry losses conditioner edge ;;
    esac
}

# sources_of GROUP ARCH: *_sm90a.cu is for that architecture alone
sources_of() {
    for subject in $(subjects_of "$1"); do
        for source in src/"$subject"/*.cu; do
            case $source in
            *'*.cu') ;;
            *_sm90a.cu) [ "$2" = 90a ] && echo "$source" ;;
            *) echo "$source" ;;
            esac
        done
    done
}

object_of() {
    suffix=cubin
    [ "$2" = ptx ] && suffix=ptx
    echo "$OUT/cuda/$(name_of "$1").$2.$suffix"
}

# compile_for_cuda SOURCE ARCH: machine code, or PTX of the oldest architecture. Each file stands alone: linking would cost the compiler its view of warpgroup products
compile_for_cuda() {
    object=$(object_of "$1" "$2")
    is_current "$object" "$object.d" && return 0
    target="-arch=sm_$2 -cubin"
    [ "$2" = ptx ] && target="-arch=compute_80 -ptx"
    # shellcheck disable=SC2086
    nvcc $NVCCFLAGS $target -MMD -MF "$object.d" -o "$object.new" "$1" || return 1
    mv "$object.new" "$object"
}

# is_newer RESULT FILES...: whether the result is there and no file is newer
is_newer() {
    [ -e "$1" ] || return 1
    result=$1
    shift
    for file in "$@"; do
        [ "$file" -nt "$result" ] && return 1
    done
    return 0
}

# join SOURCE: a fatbin with the code of each architecture
join() {
    fatbin="$OUT/kernels/$(name_of "$1").fatbin"
    objects=
    images=
    for arch in $ARCHS; do
        object=$(object_of "$1" "$arch")
        case $1$arch in
        *_sm90a.cu90a) ;;
        *_sm90a.cu*) continue ;;
        esac
        objects="$objects $object"
        case $arch in
        ptx) images="$images --image3=kind=ptx,sm=80,file=$object" ;;
        *) images="$images --image3=kind=elf,sm=$arch,file=$object" ;;
        esac
    done
    [ -n "$objects" ] || return 0
    # shellcheck disable=SC2086
    is_newer "$fatbin" build.sh $objects && [ "$(cat "$fatbin.objects" 2>/dev/null)" = "$objects" ] && return 0
    # shellcheck disable=SC2086
    fatbinary --create="$fatbin.new" -64 --compress-mode=size $images || return 1
    mv "$fatbin.new" "$fatbin" && echo "$objects" >"$fatbin.objects"
}

build_cuda() {
    if ! command -v nvcc >/dev/null 2>&1; then
        say "the CUDA kernels are not built, because there is no nvcc on PATH"
        return 0
    fi
    if [ -z "$ARCHS" ]; then
        say "the CUDA kernels are not built, because there is no NVIDIA card here (BINDRAE_CUDA_ARCHS=\"80 90a\" builds them nevertheless)"
        rm -rf "$OUT/kernels"
        return 0
    fi
    mkdir -p "$OUT/cuda" "$OUT/kernels" || return 1
    for group in $GROUPS_OF_KERNELS; do
        for arch in $ARCHS; do
            for source in $(sources_of "$group" "$arch"); do
                echo "$source $arch"
            done
        done
    done | xargs -P "$JOBS" -n 2 sh build.sh compile-for-cuda || {
        say "the CUDA kernels are not built: a file does not compile"
        return 1
    }
    for group in $GROUPS_OF_KERNELS; do
        list="$OUT/kernels/$group.txt"
        : >"$list.new"
        for source in $(sources_of "$group" 90a); do
            join "$source" || return 1
            [ -e "$OUT/kernels/$(name_of "$source").fatbin" ] && name_of "$source" >>"$list.new"
        done
        mv "$list.new" "$list"
        say "$group: $(sed "s|.*|$OUT/kernels/&.fatbin|" "$list" | xargs -r cat | wc -c) bytes for $ARCHS"
    done
}

# Puts the kernels into the bundles that load them, with a file that tells what they are for; that file is there even without kernels, because the bundles name
# its folder in their build.properties
install_kernels() {
    for group in $GROUPS_OF_KERNELS; do
        bundle=../bundles/org.bindrae.$group.cuda
        [ -d "$bundle" ] || continue
        rm -rf "$bundle/kernels"
        mkdir -p "$bundle/kernels" || return 1
        if [ -s "$OUT/kernels/$group.txt" ]; then
            echo "$ARCHS" >"$bundle/kernels/architectures.txt"
            cp -p "$OUT/kernels/$group.txt" "$bundle/kernels/" || return 1
            for name in $(cat "$OUT/kernels/$group.txt"); do
                cp -p "$OUT/kernels/$name.fatbin" "$bundle/kernels/" || return 1
            done
        else
            echo none >"$bundle/kernels/architectures.txt"
        fi
    done
}

# check_file SOURCE ARCH: what ptxas says, a line for each kernel
check_file() {
    log="$OUT/check/$(name_of "$1").$2"
    if ! is_current "$log" "$log.d"; then
        # shellcheck disable=SC2086
        nvcc $NVCCFLAGS -arch="sm_$2" -Xptxas -v -cubin -MMD -MF "$log.d" -o /dev/null "$1" >"$log.new" 2>&1 || {
            cat "$log.new"
            rm -f "$log.new"
            say "############ $1 DOES NOT COMPILE for sm_$2 ############"
            return 1
        }
        mv "$log.new" "$log"
    fi
    grep -E '(warning|error)' "$log"
    awk -v arch="$2" '
        /Compiling entry function/ { split($0, part, "\047"); kernel = part[2] }
        /bytes stack frame/ { stack = $1; spills = $5 + $9 }
        /Used [0-9]+ registers/ {
            shared = 0
            for (i = 1; i < NF; i++) {
                if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/) shared = $i
                if ($i == "Used") registers = $(i + 1)
            }
            remark = (stack > 0 ? ", " stack " bytes of stack" : "") (spills > 0 ? ", SPILLS " spills " bytes" : "")
            printf("sm_%-4s %-48s %3d registers %6d bytes of static shared memory%s\n", arch, kernel, registers, shared, remark)
        }' "$log"
}

check_all() {
    if ! command -v nvcc >/dev/null 2>&1; then
        say "nothing is checked, because there is no nvcc on PATH"
        return 0
    fi
    mkdir -p "$OUT/check" || return 1
    [ $# -gt 0 ] || set -- src/*/*.cu
    for source in "$@"; do
        for arch in ${BINDRAE_CUDA_ARCHS:-80 90a}; do
            case $arch$source in
            90a*_sm90a.cu) echo "$source $arch" ;;
            *_sm90a.cu) ;;
            *) echo "$source $arch" ;;
            esac
        done
    done | xargs -P "$JOBS" -n 2 sh build.sh check-file
}

case ${1:-all} in
all)
    build_cuda && build_emulator && install_kernels
    ;;
cuda)
    build_cuda
    ;;
emulator)
    build_emulator "${2:-}"
    ;;
check)
    shift
    check_all "$@"
    ;;
test)
    test_emulator
    ;;
compile-for-emulator)
    compile_for_emulator "$2"
    ;;
compile-for-cuda)
    compile_for_cuda "$2" "$3"
    ;;
check-file)
    check_file "$2" "$3"
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' build.sh
    exit 1
    ;;
esac

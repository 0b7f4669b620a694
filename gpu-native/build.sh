#!/bin/sh
# Compiles src/*.cu to PTX in the folder $1; nothing to do without nvcc or without sources.
cd "$(dirname "$0")" || exit 1
if ! command -v nvcc >/dev/null 2>&1; then
  echo "gpu-native: nothing is built, because there is no nvcc on PATH"
  exit 0
fi
for source in src/*.cu; do
  if [ ! -e "$source" ]; then
    echo "gpu-native: nothing is built, because there are no sources"
    exit 0
  fi
  mkdir -p "$1" || exit 1
  name=$(basename "$source" .cu)
  nvcc -ptx -arch=compute_80 -O3 -o "$1/$name.ptx" "$source" || exit 1
  echo "gpu-native: $name.ptx"
done

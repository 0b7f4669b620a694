#!/bin/sh
# portable.sh PRODUCT ARCHIVE: packs the product in the folder PRODUCT with a Java runtime of its own, linked from the JDK in JAVA_HOME, for machines that have no Java.
# The archive holds one folder named like it.
set -eu
product=$1
archive=$2
name=$(basename "$archive" .tar.xz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$work/$name"
# not what an earlier run left: caches of the framework, marks of running processes
(cd "$product" && tar -cf - --exclude ./users --exclude './configuration/org.eclipse.osgi' .) | tar -xf - -C "$work/$name"

# What the bundles import of Java. Uncompressed, so that xz sees the classes; without the line numbers of its own classes, which traces of ours do not need.
"$JAVA_HOME/bin/jlink" --no-header-files --no-man-pages --strip-java-debug-attributes --compress zip-0 --output "$work/$name/runtime" \
  --add-modules java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.incubator.vector,jdk.jfr,jdk.unsupported,jdk.zipfs

mkdir -p "$(dirname "$archive")"
tar -cf - -C "$work" "$name" | xz -9e >"$archive.part"
mv "$archive.part" "$archive"

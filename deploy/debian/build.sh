#!/bin/sh
# Build the Debian package for Debian 12 and Raspberry Pi OS (bookworm), on any machine and for either architecture:
#   deploy/debian/build.sh amd64|arm64 [OUTPUT FOLDER]
# Needs dpkg-deb, gcc for the architecture (aarch64-linux-gnu-gcc) and a Python 3.11 with pip, mypy and setuptools
# (PYTHON, or .venv/bin/python). The controller's core is compiled, in a minute or two, beside its sources; all libraries
# come as wheels of the wanted architecture, in the versions of requirements.lock. VERSION overrides the project's
# version.
set -eu

architecture=${1:?which architecture: amd64 or arm64}
output=${2:-dist}
case $architecture in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
    *) echo "there are no packages for $architecture, only for amd64 and arm64" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
minor=3.11 # Debian 12's, as this:
glibc_there=36
"$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$minor')" || {
    echo "$python is no Python $minor, which compiles the package's modules" >&2
    exit 2
}
version=${VERSION:-$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
home=usr/lib/onsil
packages=$tree/$home/lib/python$minor/site-packages
documents=$tree/usr/share/doc/onsil
mkdir -p "$packages" "$tree/$home/bin" "$documents/examples"

# the virtual environment, made by hand: that of another architecture cannot be run here
platforms=""
for glibc in $glibc_there 35 34 31 28 27 26 24 17; do # what wheels are built for
    platforms="$platforms --platform manylinux_2_${glibc}_$machine"
done
pip="$python -m pip --quiet --disable-pip-version-check"
$pip wheel --no-deps --wheel-dir "$work/wheel" .
# shellcheck disable=SC2086  # a list of words
$pip install --target "$packages" --no-compile --no-deps --only-binary=:all: --python-version "$minor" \
    --implementation cp $platforms --platform "manylinux2014_$machine" -r requirements.lock "$work"/wheel/*.whl
rm -rf "${packages:?}/bin"
"$python" -m simulators.season.compiling "$packages" "$machine"
needed=$("$machine-linux-gnu-objdump" -T "$packages"/onsil__mypyc.*.so | grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -n 1)
[ "${needed#GLIBC_2.}" -le "$glibc_there" ] || {
    echo "what is compiled here wants $needed, and Debian 12 has GLIBC_2.$glibc_there: build on Debian 12" >&2
    exit 2
}
find "$packages" -type f -exec chmod 644 {} +
# cffi's compiler front end and the like: what only developers of libraries run
find "$packages" \( -name '*.pyx' -o -name '*.h' -o -name '*.c' \) -delete
# checked by content and never written again: the card wears less, and the files are the same in every build
"$python" -m compileall -q -j 2 --invalidation-mode unchecked-hash -s "$tree" -p / "$packages"
cat >"$tree/$home/pyvenv.cfg" <<END
home = /usr/bin
include-system-site-packages = false
version = $minor
END
ln -s "../../../bin/python$minor" "$tree/$home/bin/python3"
cat >"$tree/$home/bin/onsil" <<END
#!/$home/bin/python3
import sys

from controller.cli import main

sys.exit(main())
END
chmod 755 "$tree/$home/bin/onsil"

install -D -m 755 deploy/system/onsil.sh "$tree/usr/bin/onsil"
install -D -m 644 deploy/onsil.service "$tree/lib/systemd/system/onsil.service"
install -D -m 644 deploy/system/60-onsil.rules "$tree/lib/udev/rules.d/60-onsil.rules"
install -D -m 644 deploy/system/onsil.sysusers "$tree/usr/lib/sysusers.d/onsil.conf"
install -D -m 644 deploy/system/onsil.tmpfiles "$tree/usr/lib/tmpfiles.d/onsil.conf"
install -D -m 644 deploy/system/onsil.default "$tree/etc/default/onsil"
install -m 644 deploy/README.md "$documents/README.md"
cp -r deploy/examples/. "$documents/examples/"
cp -r deploy/server "$documents/examples/server"
rm -rf "$documents/examples/server/.gitignore" "$documents/examples/server/.env" "$documents/examples/server/secrets"
install -m 644 deploy/debian/copyright "$documents/copyright"
gzip -9n <CHANGELOG.md >"$documents/changelog.gz"
cat >"$work/changelog" <<END
onsil ($version) stable; urgency=medium

  * Version $version; changelog.gz beside this file says what is new.

 -- The Onsil project <onsil@onsil.invalid>  $(date -Ru -d "@$SOURCE_DATE_EPOCH")
END
gzip -9n <"$work/changelog" >"$documents/changelog.Debian.gz"
install -D -m 644 deploy/debian/lintian-overrides "$tree/usr/share/lintian/overrides/onsil"

mkdir "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" \
    -e "s/@SIZE@/$(du -sk --apparent-size "$tree" | cut -f1)/" deploy/debian/control >"$tree/DEBIAN/control"
echo /etc/default/onsil >"$tree/DEBIAN/conffiles"
install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$tree/DEBIAN/"
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum) \
    >"$tree/DEBIAN/md5sums"
find "$tree" -type d -exec chmod 755 {} +

mkdir -p "$output"
package=$output/onsil_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package"

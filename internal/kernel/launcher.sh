#!/bin/sh
# jsii calls it as Node.js, with its relay: FOLDER/bin/jsii-runtime.js. Without one it only says that it can be executed.
[ $# -gt 0 ] || exit 0
kernel="${1%/bin/*}/lib/program.js"
[ -f "$kernel" ] || exec node "$@"
# The kernel reads and writes at 3. What constructs print goes where the relay prints it.
exec node --require "${0%/*}/shim.js" --preserve-symlinks "$kernel" 3<&0 4>&1 </dev/null >&2

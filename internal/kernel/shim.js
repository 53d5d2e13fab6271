'use strict';
const fs = require('fs');
if (require('worker_threads').isMainThread) {
  // The kernel has one socket at 3 for both directions; here 3 is the pipe to read from, and 4 the one to write to.
  const write = fs.writeSync;
  fs.writeSync = (fd, ...more) => write(fd === 3 ? 4 : fd, ...more);
  // jsii prints each line of standard error: JSON with the text of a stream in base64.
  const toParent = process.stderr.write.bind(process.stderr);
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text, encoding, done) => toParent(
      JSON.stringify({ [name]: Buffer.from(text, typeof encoding === 'string' ? encoding : 'utf8').toString('base64') }) + '\n', typeof encoding === 'function' ? encoding : done);
  }
}

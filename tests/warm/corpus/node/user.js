console.log(process.getuid(), process.getgid(), process.getgroups(), require('node:os').userInfo())

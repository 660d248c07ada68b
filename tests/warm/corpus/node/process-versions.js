console.log(process.version, process.versions, process.release.name, process.config.variables.napi_build_version)

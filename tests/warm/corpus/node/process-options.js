console.log(process._preload_modules, process._eval, process.features, process.noDeprecation)

console.log(require.resolve.paths('x'), require.resolve('./main-require-resolve.js'.replace('main-require-resolve', 'main')))

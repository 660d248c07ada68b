Promise.reject(new Error('nobody handles it'))

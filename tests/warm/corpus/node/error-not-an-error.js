throw { code: 5 }

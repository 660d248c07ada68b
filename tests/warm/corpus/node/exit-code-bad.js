process.exit('nonsense')

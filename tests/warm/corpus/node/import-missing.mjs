import 'nothing-of-that-name'

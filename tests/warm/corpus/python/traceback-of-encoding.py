# -*- coding: ascii -*-
print('ü')

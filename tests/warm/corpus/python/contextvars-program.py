import contextvars

variable = contextvars.ContextVar('variable', default=1)
variable.set(2)
print(variable.get(), len(contextvars.copy_context()))

import sys

print([sys.monitoring.get_tool(n) for n in range(6)], sys.is_stack_trampoline_active())

package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	directory, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	fmt.Printf("Hello from %s in a VM of its own.\n", runtime.Version())
	fmt.Printf("  user     %d, in %s\n", os.Getuid(), directory)
	fmt.Printf("  processor %d\n", runtime.NumCPU())
}

// Command whoami answers every request with its host's name and the request's headers.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(answer, "Hostname: %s\nRemoteAddr: %s\n%s %s %s\nHost: %s\n",
			name, request.RemoteAddr, request.Method, request.URL, request.Proto, request.Host)
		if err := request.Header.Write(answer); err != nil {
			log.Print(err)
		}
	})
	address := ":80"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	log.Fatal(http.ListenAndServe(address, nil))
}

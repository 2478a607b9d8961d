// Command cadvisor serves the metrics of cAdvisor's libraries. The module has no command of its own; flags are those of
// the released one, its pages and its own API are missing.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	_ "github.com/google/cadvisor/container/docker/install"
	"github.com/google/cadvisor/lib/cache/memory"
	"github.com/google/cadvisor/lib/container"
	_ "github.com/google/cadvisor/lib/fs/overlay/install"
	_ "github.com/google/cadvisor/lib/fs/tmpfs/install"
	_ "github.com/google/cadvisor/lib/fs/vfs/install"
	"github.com/google/cadvisor/lib/manager"
	"github.com/google/cadvisor/lib/metrics"
	"github.com/google/cadvisor/lib/model"
	"github.com/google/cadvisor/lib/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

func main() {
	disabled, enabled := container.MetricSet{}, container.MetricSet{}
	must(disabled.Set("advtcp,cpu_topology,cpuset,hugetlb,memory_numa,process,referenced_memory,resctrl,sched,tcp,udp"))
	address := flag.String("listen_ip", "", "IP to listen on, default all")
	port := flag.Int("port", 8080, "port to listen on")
	endpoint := flag.String("prometheus_endpoint", "/metrics", "path of the metrics")
	kept := flag.Duration("storage_duration", 2*time.Minute, "how long to keep data")
	allLabels := flag.Bool("store_container_labels", true, "make all labels of containers labels of metrics")
	labels := flag.String("whitelisted_container_labels", "", "labels of containers to make labels of metrics")
	environment := flag.String("env_metadata_whitelist", "", "environment variables of containers to make labels of metrics")
	cgroups := flag.String("raw_cgroup_prefix_whitelist", "", "prefixes of cgroups to watch")
	flag.Var(&disabled, "disable_metrics", "kinds of metrics not to collect")
	flag.Var(&enabled, "enable_metrics", "kinds of metrics to collect; overrides disable_metrics")
	klog.InitFlags(nil)
	flag.Parse()

	included := enabled
	if len(included) == 0 {
		included = container.AllMetrics.Difference(disabled)
	}
	watched, err := manager.New(memory.New(*kept, nil), sysfs.NewRealSysFs(), manager.HousekeepingConfigFlags, included,
		strings.Split(*cgroups, ","), strings.Split(*environment, ","), "", 0)
	must(err)
	must(watched.Start())

	labelled := metrics.DefaultContainerLabels
	if !*allLabels {
		labelled = metrics.BaseContainerLabels(strings.Split(*labels, ","))
	}
	registry := prometheus.NewRegistry()
	every := model.RequestOptions{IdType: model.TypeName, Count: 1, Recursive: true}
	registry.MustRegister(
		metrics.NewPrometheusCollector(watched, labelled, included, clock.RealClock{}, every),
		metrics.NewPrometheusMachineCollector(watched, included),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	http.Handle(*endpoint, promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(answer, "ok") })
	must(http.ListenAndServe(fmt.Sprintf("%s:%d", *address, *port), nil))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

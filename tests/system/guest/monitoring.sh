# What monitoring gets of the device, by the units as they are shipped.

metrics=/var/lib/prometheus/node-exporter/edgeseal.prom

mkdir -p "$(dirname "$metrics")" # which is the node exporter's to make
check "the metrics are written by their unit, as it is shipped" systemctl start edgeseal-metrics.service
check "they tell which agent runs" grep -q '^edgeseal_build_info{version="[^"]*"} 1$' "$metrics"
check "whoever collects them may read them" equals 644 "$(stat -c %a "$metrics")"
check "the doctor looks at this device" grep -q "The agent answers" <(edgesealctl doctor)
# Nobody sets the clock of a container; and the steps before this one leave slots whose certificates end soon, or that have none.
check "it finds nothing besides" fails grep -Ev '^(ok  |warn  (clock|certificates) |      |[0-9]+ checks: )' <(edgesealctl doctor)
check "and no fault in slots of the device itself that nobody uses" fails grep -F " device/" <(edgesealctl doctor)
check "the timeline has the certificate" grep -q "web/https" <(edgesealctl timeline)

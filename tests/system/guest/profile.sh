# What a package of the integrator brings: an application, and where its certificate comes from. operational.sh goes on after a
# boot.

bring() { cat >"/etc/edgeseal/$1" && test -s "/etc/edgeseal/$1"; }
check "an application is brought" bring applications.d/meter.toml <<<'access = ["user=plc"]'
check "and a profile that has its certificate made" bring enrolment.d/meter.toml <<'END'
protocol = "self-signed"
slots = ["meter/https/https"]
END

#pragma once

namespace edgeseal::ctl {

// Of units that do their work and end: else systemd would count it as a failure that detach ends them, and show them
// for ever.
inline constexpr const char* kMayBeEnded = "SuccessExitStatus=SIGTERM\n";

// What every unit is kept from that attach writes. More directives may follow, which take back what the unit needs.
inline constexpr const char* kUnitSandbox = R"(UMask=0077
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateIPC=yes
IPAddressDeny=any
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
LimitCORE=0
)";

}  // namespace edgeseal::ctl

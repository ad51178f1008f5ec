#pragma once

#include "dbus/audit_port.h"
#include "dbus/bundle_port.h"
#include "dbus/busy_port.h"
#include "dbus/configuration_port.h"
#include "dbus/device_ports.h"
#include "dbus/enrolment_port.h"
#include "dbus/metrics_port.h"
#include "dbus/ports.h"
#include "dbus/setup_port.h"
#include "dbus/staging_port.h"
#include "dbus/trust_ports.h"

namespace edgeseal::dbus {

// All services behind the bus.
struct Ports {
  AgentPort& agent;
  CertificateGroupPort& groups;
  TransactionPort& transactions;
  TrustListPort& trust_lists;
  ServerConfigurationPort& server_configuration;
  TrustDirectoryPort& directories;
  AuditPort& audit;
  const AccountPort& accounts;
  BusyPort& busy;
  DeviceIdentityPort& device_identity;
  OnboardingPort& onboarding;
  SetupPort& setup;
  StagingPort& staging;
  BundlePort& bundles;
  EnrolmentPort& enrolment;
  AuditLogPort& audit_log;
  MetricsPort& metrics;
  ConfigurationPort& configuration;
};

}  // namespace edgeseal::dbus

#pragma once

#include "dbus/bundle_port.h"
#include "dbus/busy_port.h"
#include "dbus/device_ports.h"
#include "dbus/enrolment_port.h"
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
  BusyPort& busy;
  DeviceIdentityPort& device_identity;
  OnboardingPort& onboarding;
  SetupPort& setup;
  StagingPort& staging;
  BundlePort& bundles;
  EnrolmentPort& enrolment;
};

}  // namespace edgeseal::dbus

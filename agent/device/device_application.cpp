#include "agent/device/device_application.h"

#include <fmt/format.h>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// What the chip can't make is not offered (see CertificateGroups::info()).
std::vector<SlotDeclaration> slots() {
  std::vector<SlotDeclaration> declarations;
  for (const char* text : {"application/ecc-nist-p256", "application/ecc-nist-p384", "application/rsa-sha256",
                           "identity/idevid", "identity/ldevid"})
    declarations.push_back(SlotDeclaration::parse(text));
  return declarations;
}

void require_own(const ApplicationRecord& application) {
  if (application.origin == built_in_origin) return;
  throw Error(Code::entry_exists,
              fmt::format("an application of {} has the name {}, which is that of the device itself; remedy: delete it "
                          "and create it under another name",
                          application.origin, application.name));
}

}  // namespace

ApplicationRecord DeviceApplication::wanted(const std::string& uri) const {
  ApplicationRecord record{device_application_name, uri, settings_.account, settings_.access, slots(), built_in_origin};
  record.trust_groups = {provisioning_group};
  return record;
}

bool DeviceApplication::exists() const {
  const auto application = applications_.find(device_application_name);
  if (application) require_own(*application);
  return application.has_value();
}

// A mistake costs the device its own application, and no other program its keys.
void DeviceApplication::follow_configuration() {
  try {
    if (exists() || !(settings_ == Settings{})) (void)ensure();
  } catch (const Error& error) {
    if (error.code() != Code::invalid_argument && error.code() != Code::entry_exists) throw;
    log(Level::error, Event::configuration_not_in_force, fmt::format("[device] is not applied: {}", error.what()),
        {{"APPLICATION", device_application_name}});
  }
}

const ApplicationRecord& DeviceApplication::ensure() {
  return ensure(settings_.product_instance_uri);
}

const ApplicationRecord& DeviceApplication::ensure(const std::string& product_instance_uri) {
  if (!settings_.product_instance_uri.empty() && product_instance_uri != settings_.product_instance_uri)
    throw Error(Code::invalid_argument,
                fmt::format("the ProductInstanceUri of this device is {}, as edgeseal.toml says at [device]",
                            settings_.product_instance_uri));
  const bool existed = exists();
  applications_.declare(wanted(product_instance_uri));
  applications_.publish_missing();
  record_ = applications_.get(device_application_name);
  if (!existed && made_) made_(record_);
  return record_;
}

}  // namespace edgeseal::agent

#include "agent/device_application.h"

#include <fmt/format.h>

#include <algorithm>

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

const ApplicationRecord& DeviceApplication::ensure() {
  return ensure(settings_.product_instance_uri);
}

const ApplicationRecord& DeviceApplication::ensure(const std::string& product_instance_uri) {
  if (!settings_.product_instance_uri.empty() && product_instance_uri != settings_.product_instance_uri)
    throw Error(Code::invalid_argument,
                fmt::format("the ProductInstanceUri of this device is {}, as edgeseal.toml says at [device]",
                            settings_.product_instance_uri));
  for (const ApplicationRecord& application : applications_.list())
    if (application.name == device_application_name) require_own(application);
  applications_.declare(wanted(product_instance_uri));
  applications_.publish_missing();
  return record_ = applications_.get(device_application_name);
}

}  // namespace edgeseal::agent

#pragma once

#include <string>

#include "tests/unit/agent/core.h"
#include "tests/unit/agent/test_ca.h"

namespace edgeseal::test {

// A Core with a certification authority, for tests that want keys in use.
struct Gateway : Core {
  // An application with one slot, e.g. "https/https=ec-p256,sealed".
  agent::Slot declare(const std::string& name, const std::string& slot, std::vector<std::string> legacy = {}) {
    const auto declaration = agent::SlotDeclaration::parse(slot);
    applications.create({name, "", "", {}, {declaration}, "bus", std::move(legacy)});
    return {name, declaration.group, declaration.certificate_type};
  }

  tpm::Bytes request(const agent::Slot& slot, const dbus::SigningRequestOptions& options = {}) {
    return value<tpm::Bytes>([&](agent::Answer<tpm::Bytes> answer) {
      groups.create_signing_request(owner, {slot.application, slot.group}, slot.certificate_type, options,
                                    std::move(answer));
    });
  }

  void apply(const agent::Slot& slot) {
    (void)value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { groups.apply(owner, slot.application, {}, std::move(answer)); });
  }

  // The active key, with a certificate for what request() asks.
  agent::KeyPtr install(const agent::Slot& slot) {
    groups.update(owner, {slot.application, slot.group}, {slot.certificate_type, ca.sign(request(slot)), {}});
    apply(slot);
    return keys.find(slot.key_name());
  }

  const agent::TransactionOwner owner{":1.7"};
  TestCa ca;
};

}  // namespace edgeseal::test

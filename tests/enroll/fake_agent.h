#pragma once

#include <functional>
#include <vector>

#include "enroll/job.h"
#include "tests/enroll/device_key.h"

namespace edgeseal::test {

// What the agent has of one slot, and what it does with the outcome of a job: all of it, or nothing.
struct FakeAgent final : enroll::JobPort {
  struct Slot {
    enroll::Bytes certificate;
    std::vector<enroll::Bytes> chain, anchors, intermediates;
    bool operator==(const Slot&) const = default;
  };
  Slot slot;
  DeviceKey key;
  std::string common_name = "gateway";
  std::vector<enroll::Stage> stages;
  std::vector<enroll::RequestedAttributes> wishes;
  std::vector<enroll::ProposedAnchor> proposals;
  std::function<enroll::Decision()> person = [] { return enroll::Decision::approved; };
  enroll::Bytes made;  // the last request
  int secrets_spent = 0;
  enroll::Bytes kept;

  void entered(enroll::Stage stage) override { stages.push_back(stage); }

  enroll::Bytes signing_request(const enroll::RequestedAttributes& wanted) override {
    wishes.push_back(wanted);
    made = key.request(common_name);
    return made;
  }

  enroll::Decision decide(const enroll::ProposedAnchor& anchor, const std::stop_token&) override {
    proposals.push_back(anchor);
    return person();
  }

  [[noreturn]] void propose(const std::vector<enroll::ProposedAnchor>& anchors) override {
    proposals = anchors;
    throw enroll::Error(enroll::ErrorClass::waiting, "somebody has to choose");
  }

  void keep(const enroll::Bytes& continuation) override { kept = continuation; }

  void secret_spent() override { ++secrets_spent; }

  void apply(const enroll::Result& result) {
    if (!result.anchors.empty()) {
      slot.anchors = result.anchors;
      slot.intermediates = result.intermediates;
    }
    if (result.certificate.empty()) return;
    slot.certificate = result.certificate;
    slot.chain = result.chain;
  }
};

}  // namespace edgeseal::test

#pragma once

#include <vector>

#include "enroll/job.h"

namespace edgeseal::test {

// What the agent has of one slot, and what it does with the outcome of a job: all of it, or nothing.
struct FakeAgent final : enroll::JobPort {
  struct Slot {
    enroll::Bytes certificate;
    std::vector<enroll::Bytes> chain, anchors, intermediates;
    bool operator==(const Slot&) const = default;
  };
  Slot slot;
  std::vector<enroll::Stage> stages;
  std::vector<enroll::ProposedAnchor> proposals;
  int secrets_spent = 0;
  enroll::Bytes kept;

  void entered(enroll::Stage stage) override { stages.push_back(stage); }

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
    slot.certificate = result.certificate;
    slot.chain = result.chain;
  }
};

}  // namespace edgeseal::test

#pragma once

#include "enroll/job.h"

namespace edgeseal::test {

// For a job that brings all with it: its request was made before, and nobody is there to be asked.
class NoAgent final : public enroll::JobPort {
 public:
  void entered(enroll::Stage) override {}
  enroll::Bytes signing_request(const enroll::RequestedAttributes&) override {
    throw enroll::Error(enroll::ErrorClass::policy, "no request");
  }
  enroll::Decision decide(const enroll::ProposedAnchor&, const std::stop_token&) override {
    return enroll::Decision::refused;
  }
  void secret_spent() override {}
};

}  // namespace edgeseal::test

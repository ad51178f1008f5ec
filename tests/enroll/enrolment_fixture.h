#pragma once

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "enroll/est/job_run.h"
#include "tests/enroll/device_key.h"
#include "tests/enroll/est_server.h"
#include "tests/enroll/fake_agent.h"

namespace edgeseal::test {

// A slot with a certificate and anchors in force, a device identity, and the server. Each job that fails leaves the
// slot as it was, and each that succeeds fills it.
struct EnrolmentFixture {
  EstServer& server = EstServer::instance();
  FakeAgent agent;
  DeviceKey key;
  enroll::Surroundings surroundings;

  EnrolmentFixture() {
    agent.slot = {server.content("current.der"), {server.content("issuing.der")}, {server.content("root.der")}, {}};
    surroundings.clock = [](auto) { return [] { return enroll::TimeOfDay{std::chrono::system_clock::now(), true}; }; };
    static_cast<void>(server.seen());
  }

  [[nodiscard]] enroll::NamedIdentity identity(const std::string& name) const {
    return {server.file(name + "-key.pem"), server.content(name + ".der"), {}};
  }

  // By the device identity, at a server that shows this fault.
  [[nodiscard]] enroll::Job job(const std::string& fault = "", const std::string& endpoint = "good") const {
    enroll::Job job;
    job.identifier = "1";
    job.url = server.url(endpoint, fault);
    job.trust.anchors = {server.content("root.der")};
    job.identity = identity("device");
    job.request = key.request();
    return job;
  }

  // While there is no anchor. Where the server doesn't give its certificates, nothing follows.
  [[nodiscard]] enroll::Job first_contact(enroll::FirstTrust first, const std::string& fault = "") const {
    enroll::Job result = job(fault);
    result.trust.anchors.clear();
    result.trust.first = first;
    result.trust.fingerprint = enroll::sha256(server.content("root.der"));
    return result;
  }

  [[nodiscard]] enroll::Job renewal(const std::string& fault = "") const {
    enroll::Job result = job(fault);
    result.operation = enroll::Operation::renew;
    result.identity = identity("current");
    result.identity->chain = {server.content("issuing.der")};
    return result;
  }

  [[nodiscard]] enroll::Job password_job(const std::string& secret, const std::string& fault = "") const {
    enroll::Job result = job(fault);
    result.identity.reset();
    result.password = password("gateway", secret);
    return result;
  }

  [[nodiscard]] static enroll::Password password(const std::string& user, const std::string& secret) {
    const auto bytes = enroll::bytes_of(secret);
    return {user, {bytes.begin(), bytes.end()}, ""};
  }

  enroll::Result succeed(const enroll::Job& job) {
    const enroll::Result result = enroll::est::run(job, agent, surroundings, {});
    agent.apply(result);
    return result;
  }

  enroll::Error fail(const enroll::Job& job) {
    const FakeAgent::Slot before = agent.slot;
    try {
      agent.apply(enroll::est::run(job, agent, surroundings, {}));
    } catch (const enroll::Error& error) {
      BOOST_TEST((agent.slot == before), "the old certificate and the old anchors are untouched");
      BOOST_TEST_MESSAGE(enroll::name_of(error.error_class()) << ": " << error.what());
      return error;
    }
    BOOST_FAIL("succeeded: " << job.url);
    throw std::logic_error("not reached");
  }

  void fails_with(const enroll::Job& job, enroll::ErrorClass expected) {
    const enroll::Error error = fail(job);
    BOOST_TEST((error.error_class() == expected), job.url << ": " << error.what());
  }

  // The certificate comes under the anchors in force.
  void keeps_anchors(const enroll::Job& job, enroll::ErrorClass expected) {
    const std::vector<enroll::Bytes> before = agent.slot.anchors;
    const enroll::Result result = succeed(job);
    BOOST_TEST_CONTEXT(job.url) {
      BOOST_TEST(!result.certificate.empty());
      BOOST_TEST((agent.slot.anchors == before));
      BOOST_TEST((result.trust_problem && result.trust_problem->error_class() == expected));
    }
  }

  [[nodiscard]] static std::string text(const nlohmann::json& request, const char* field) {
    return request.at(field).get<std::string>();
  }

  // Requests that came to an endpoint since the last look, of one operation or of all.
  std::vector<nlohmann::json> requests(const std::string& operation = "", const std::string& endpoint = "good") {
    std::vector<nlohmann::json> found;
    const nlohmann::json seen = server.seen();
    for (const nlohmann::json& request : seen.at(endpoint).at("requests"))
      if (operation.empty() || request.at("path").get<std::string>().ends_with("/" + operation))
        found.push_back(request);
    return found;
  }
};

}  // namespace edgeseal::test

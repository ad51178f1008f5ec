// What a helper is told, what it answers, and a whole job by the example.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include "enroll/helper/job_run.h"
#include "enroll/helper/protocol.h"
#include "tests/enroll/cmp/test_authority.h"
#include "tests/enroll/fake_agent.h"
#include "tests/tpm/temporary_directory.h"

namespace {

using namespace edgeseal::test;
using namespace edgeseal::enroll;
using helper::ProgramEnd;
namespace fs = std::filesystem;

ProgramEnd end_with(int status, const std::string& text) {
  const ByteView bytes = bytes_of(text);
  return {status, {bytes.begin(), bytes.end()}};
}

struct Told {
  std::string error_class, message;
  std::chrono::seconds retry_after{0};
};
Told told_by(const ProgramEnd& end) {
  try {
    (void)helper::issued_certificates(end);
    return {"nothing", {}, {}};
  } catch (const Error& error) {
    return {std::string(name_of(error.error_class())), error.what(), error.retry_after()};
  }
}

BOOST_AUTO_TEST_SUITE(helper_protocol)

BOOST_AUTO_TEST_CASE(the_question_is_one_object) {
  const Identity root = Identity::root("Plant");
  const ByteView secret = bytes_of("s3cret");
  const Password password{"gateway", {secret.begin(), secret.end()}, {}};
  helper::Question question;
  question.job = "7";
  question.url = "https://ca.example";
  question.request = signing_request("gateway", ec_key());
  question.anchors = {der_of(root.certificate)};
  question.password = &password;
  const SecretBytes line = helper::encode(question);
  const auto json = nlohmann::json::parse(text_of(line));
  BOOST_TEST(json["version"] == 1);
  BOOST_TEST(json["operation"] == "enrol");
  BOOST_TEST(json["secret"] == "s3cret");
  BOOST_TEST(json["anchors"][0] == pem_of(root.certificate));
  BOOST_TEST(json["request"].get<std::string>().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
  BOOST_TEST(!json.contains("certificate"));
  BOOST_TEST(text_of(line).ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_no_text_is_refused) {
  const Password password{"gateway", {std::byte{0xFF}}, {}};
  helper::Question question;
  question.request = signing_request("gateway", ec_key());
  question.password = &password;
  BOOST_CHECK_THROW((void)helper::encode(question), Error);
}

BOOST_AUTO_TEST_CASE(every_exit_status_has_a_meaning) {
  const char* classes[] = {"transport",   "waiting", "rejected", "transport",
                           "credentials", "waiting", "policy",   "transport"};
  for (int status = 0; status < 8; ++status) {
    BOOST_TEST_CONTEXT(status) BOOST_TEST(told_by(end_with(status, "")).error_class == classes[status]);
    const Told told = told_by(end_with(status, R"({"version": 1, "delay": 7, "message": "so \u001b[2J it is"})"));
    BOOST_TEST_CONTEXT(status) BOOST_TEST(told.error_class == classes[status]);
    BOOST_TEST(told.message.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_delay_has_bounds) {
  const auto delay = [](const std::string& value) {
    return told_by(end_with(5, "{\"version\": 1, \"delay\": " + value + "}")).retry_after.count();
  };
  BOOST_TEST(delay("7") == 7);
  BOOST_TEST(delay("0") == 1);
  BOOST_TEST(delay("-1") == 1);
  BOOST_TEST(delay("1000000000") == 86'400);
  BOOST_TEST(delay("18446744073709551615") == 86'400);
  BOOST_TEST(delay("\"soon\"") == 60);
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_an_error_of_transport) {
  const std::string certificate = nlohmann::json(pem_of(Identity::root("Plant").certificate)).dump();
  for (const std::string& text :
       {std::string("issued"), std::string("[]"), std::string("{}"), std::string(R"({"version": 2})"),
        std::string(R"({"version": 1})"), std::string(R"({"version": 1, "certificate": "none"})"),
        std::string(R"({"version": 1, "certificate": 7})"), "{\"certificate\": " + certificate + "}",
        "{\"version\": 1, \"version\": 1, \"certificate\": " + certificate + "}"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(told_by(end_with(0, text)).error_class == "transport");
  BOOST_TEST(told_by(end_with(0, "{\"version\": 1, \"more\": 1, \"certificate\": " + certificate + "}")).error_class ==
             "nothing");
}

BOOST_AUTO_TEST_CASE(a_flood_of_certificates_is_refused) {
  const std::string pem = pem_of(Identity::root("Plant").certificate);
  std::string chain;
  for (int count = 0; count < 33; ++count) chain += pem;
  const nlohmann::json answer{{"version", 1}, {"certificate", pem}, {"chain", chain}};
  BOOST_TEST(told_by(end_with(0, answer.dump())).error_class == "transport");
}

// The authority of the example.
struct Example {
  TemporaryDirectory temporary;
  const fs::path directory = temporary.path();
  Identity root = Identity::root("Plant");
  Job job;
  FakeAgent agent;

  Example() {
    fs::copy_file(EDGESEAL_EXAMPLE_HELPER, directory / "helper");
    fs::permissions(directory / "helper", fs::perms::owner_all);
    std::ofstream(directory / "ca.pem") << pem_of(root.certificate);
    std::ofstream(directory / "ca.key") << pem_of(root.key);
    job.url = "file://" + directory.string();
    job.helper = directory / "helper";
    job.request = edgeseal::test::signing_request("gateway", ec_key());
    job.trust.anchors = {der_of(root.certificate)};
  }

  [[nodiscard]] Result run() { return helper::run(job, agent, {}, {}); }
  [[nodiscard]] std::string problem() {
    try {
      (void)run();
      return "nothing";
    } catch (const Error& error) {
      return std::string(name_of(error.error_class()));
    }
  }
};

BOOST_FIXTURE_TEST_CASE(the_example_issues_when_somebody_has_approved, Example) {
  BOOST_TEST(problem() == "waiting");
  std::ofstream(directory / "approved") << "";
  const Result result = run();
  BOOST_TEST(static_cast<bool>(parse_certificate(result.certificate)));
  BOOST_TEST(result.anchors.empty());
  job.trust.anchors = {der_of(Identity::root("Plant").certificate)};
  BOOST_TEST(problem() == "unsuitable-certificate");
  fs::remove(directory / "ca.pem");
  BOOST_TEST(problem() == "transport");
  job.helper = "no such helper";
  BOOST_TEST(problem() == "policy");
}

// What it issued would be thrown away, and it would be asked again and again.
BOOST_FIXTURE_TEST_CASE(without_any_anchor_no_helper_is_run, Example) {
  std::ofstream(directory / "helper") << "#!/bin/sh\ntouch '" << (directory / "ran").string() << "'\n";
  job.trust.anchors.clear();
  BOOST_TEST(problem() == "policy");
  BOOST_TEST(!fs::exists(directory / "ran"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

// edgesealctl pcr and tpm.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/bus/ctl_fixture.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

using nlohmann::json;

std::string repeated(const std::string& byte) {
  std::string text;
  for (int i = 0; i < 32; ++i) text += byte;
  return text;
}

// What tpm2_makecredential writes.
std::string credential_file() {
  using namespace std::string_literals;
  return "\xBA\xDC\xC0\xDE\0\0\0\1\0\3abc\0\2de"s;
}

struct Fixture : CtlFixture {
  dbus::PcrValues prepared() {
    return service.in_loop([](auto& ports, auto&) { return ports.agent.last_prepared; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_pcr, Fixture)

BOOST_AUTO_TEST_CASE(the_values_of_pcrs_are_shown) {
  BOOST_TEST(ctl({"pcr", "show", "--pcr", "7+0"}).out ==
             "PCR  SHA-256\n0    " + repeated("00") + "\n7    " + repeated("07") + "\n");
  BOOST_TEST(ctl_json({"pcr", "show", "--pcr", "7"}) == json({{"7", repeated("07")}}));
  BOOST_TEST(ctl_json({"pcr", "show"}).size() == 24u);
  BOOST_TEST(ctl({"pcr", "show", "--pcr", "24"}).status == 1);
  for (const std::string pcrs : {"x", "7+", "+7", "-1", "7,8", "99999999999"}) {
    BOOST_TEST(ctl({"pcr", "show", "--pcr", pcrs}).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_request_is_prepared_from_the_values_of_now_a_file_and_single_ones) {
  const auto values = file("values.json", json({{"4", repeated("44")}, {"7", repeated("77")}}).dump());
  const auto policy = bus.directory() / "policy.bin";
  const auto result = ctl({"pcr", "approval-request", "--pcr", "0+4", "--values", values, "--value",
                           "7=" + repeated("AA"), "--out", policy});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "Policy      706f6c69637920746f206265207369676e6564\n"));
  BOOST_TEST(content_of(policy) == "policy to be signed");
  const auto seen = prepared();
  BOOST_TEST(seen.size() == 3u);
  BOOST_TEST((seen.at(0) == dbus::Bytes(32, std::byte{0})));
  BOOST_TEST((seen.at(4) == dbus::Bytes(32, std::byte{0x44})));
  BOOST_TEST((seen.at(7) == dbus::Bytes(32, std::byte{0xAA})));
  BOOST_TEST(ctl({"pcr", "approval-request", "--pcr", "0", "--out", policy}).status == 2);
  BOOST_TEST(ctl({"pcr", "approval-request", "--pcr", "0", "--out", policy, "--force"}).status == 0);
}

BOOST_AUTO_TEST_CASE(what_show_prints_is_what_the_others_take) {
  const auto values = ctl({"pcr", "show", "--pcr", "0+7", "--json"}).out;
  BOOST_TEST(ctl({"pcr", "approval-request", "--values", "-"}, values).status == 0);
  BOOST_TEST(prepared().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_signature_is_handed_in) {
  const auto signature = file("policy.sig", "signed");
  const std::vector<std::string> approve{"pcr", "approve", "--value", "7=" + repeated("aa"), "--signature", signature};
  BOOST_TEST(ctl(approve).status == 0);
  const auto approval = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_approval; });
  BOOST_TEST((approval.signature == dbus::fake::bytes("signed")));
  BOOST_TEST((approval.values.at(7) == dbus::Bytes(32, std::byte{0xAA})));
  change([](auto& ports) {
    ports.agent.fault.set(dbus::CallError("SecurityChecksFailed", "the signature is not the authority's"));
  });
  const auto refused = ctl(approve);
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(has(refused.err, "the signature is not the authority's"));
  BOOST_TEST(ctl({"pcr", "approve", "--value", "7=" + repeated("aa")}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_signature_is_written_into_a_file_that_declares_it_and_is_not_handed_in) {
  const auto signature = file("policy.sig", "signed"), declared = (bus.directory() / "kernel.toml").string();
  const auto text =
      "signature = \"c2lnbmVk\"\n\n[values]\n4 = \"" + repeated("44") + "\"\n7 = \"" + repeated("aa") + "\"\n";
  const std::vector<std::string> approve{
      "pcr",         "approve", "--value", "7=" + repeated("AA"), "--value", "4=" + repeated("44"),
      "--signature", signature, "--out"};
  const auto approve_into = [&](const std::vector<std::string>& more) {
    auto arguments = approve;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ctl(arguments);
  };
  BOOST_TEST(approve_into({"-"}).out == text);
  BOOST_TEST(json::parse(approve_into({"-", "--json"}).out) == json({{"declaration", text}}));
  BOOST_TEST(has(approve_into({declared}).out, "edgesealctl config apply"));
  BOOST_TEST(content_of(declared) == text);
  BOOST_TEST(approve_into({declared}).status == 2);
  BOOST_TEST(approve_into({declared, "--force"}).status == 0);
  BOOST_TEST(!service.in_loop([](auto& ports, auto&) { return ports.agent.last_approval.has_value(); }));
}

BOOST_AUTO_TEST_CASE(keys_are_resealed) {
  BOOST_TEST(ctl({"pcr", "reseal", "--value", "7=" + repeated("aa")}).out ==
             "Resealed 2 keys, for these values besides those of now.\n");
  BOOST_TEST(ctl_json({"pcr", "reseal", "--pcr", "0"})["resealed"] == 2);
}

BOOST_AUTO_TEST_CASE(what_are_no_values_of_pcrs_is_refused_with_what_to_give) {
  const auto none = ctl({"pcr", "reseal"});
  BOOST_TEST(none.status == 2);
  BOOST_TEST(has(none.err, "--values FILE"));
  for (const std::string value : {"7", "7=", "7=0g", "7=000", "x=00", "=00"}) {
    const int expected = value == "7=" ? 1 : 2;  // that a value has 32 bytes is the agent's to say
    BOOST_TEST(ctl({"pcr", "reseal", "--value", value}).status == expected);
  }
  for (const std::string content : {"", "[]", "garbage", R"({"7":1})", R"({"x":"00"})", R"({"7":"0"})"}) {
    BOOST_TEST(ctl({"pcr", "reseal", "--values", file("values.json", content)}).status == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(ctl_tpm, Fixture)

BOOST_AUTO_TEST_CASE(keys_of_the_manufacturer_are_shown) {
  BOOST_TEST(has(ctl({"tpm", "manufacturer-keys"}).out, "left no keys"));
  const TestCertificate certificate("Maker CA");
  const auto der = certificate.der();
  const auto bytes = dbus::fake::bytes({der.begin(), der.end()});
  change([&](auto& ports) {
    ports.agent.keys = {{"endorsement", "rsa-2048", 0x81010001, 0x01C00002, dbus::fake::bytes("public"), bytes},
                        {"idevid", "ec-p256", 0, 0x01C90010, {}, dbus::fake::bytes("garbage")}};
  });
  BOOST_TEST(ctl({"tpm", "manufacturer-keys"}).out ==
             "KEY          ALGORITHM  HANDLE      NV INDEX    CERTIFICATE OF\n"
             "endorsement  rsa-2048   0x81010001  0x01c00002  CN=Maker CA\n"
             "idevid       ec-p256    -           0x01c90010  (can't be read)\n");
  const auto values = ctl_json({"tpm", "manufacturer-keys"});
  BOOST_TEST(values[0]["certificate"] == certificate.pem());
  BOOST_TEST(values[0]["public-area"] == "7075626c6963");
  BOOST_TEST(!values[1].contains("handle"));
}

BOOST_AUTO_TEST_CASE(a_credential_is_activated) {
  const auto result = ctl({"tpm", "activate-credential", file("challenge.bin", credential_file()), "--key", "ec-p256"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out == "7468652061637469766174656420736563726574\n");
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_activation; });
  BOOST_TEST(seen.endorsement_key == "ec-p256");
  BOOST_TEST((seen.credential == dbus::fake::bytes("abc")));
  BOOST_TEST((seen.encrypted_secret == dbus::fake::bytes("de")));
  const auto answer = bus.directory() / "answer.bin";
  BOOST_TEST(ctl({"tpm", "activate-credential", "-", "--out", answer}, credential_file()).status == 0);
  BOOST_TEST(content_of(answer) == "the activated secret");
  const auto told = ctl({"--json", "tpm", "activate-credential", "-", "--out", answer, "--force"}, credential_file());
  BOOST_TEST(json::parse(told.out) == json({{"file", answer}}));
  struct stat status {};
  BOOST_TEST(stat(answer.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_CASE(what_is_no_credential_is_refused_before_the_agent_hears_of_it) {
  const auto whole = credential_file();
  for (const auto& content : {std::string(), std::string("garbage"), whole.substr(0, 9), whole.substr(0, 12),
                              whole.substr(0, whole.size() - 1), whole + "x", "x" + whole}) {
    const auto result = ctl({"tpm", "activate-credential", file("challenge.bin", content)});
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "tpm2_makecredential"));
  }
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.audit.records.empty(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test

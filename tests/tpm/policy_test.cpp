#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/fakes/software_key.h"
#include "tests/tpm/dump_fixture.h"
#include "tests/tpm/hexadecimal.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/program.h"
#include "tpm/context.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;
using tpm::PcrApproval;
using tpm::PcrMask;
using tpm::PcrPolicy;

constexpr PcrMask kMask = 1U << 7 | 1U << 11;

PcrPolicy policy_of_now() {
  return {kMask, {}, std::nullopt};
}

PcrPolicy policy_of(const SoftwareKey& authority) {
  return {kMask, {}, authority.public_key()};
}

tpm::Bytes signature(const SoftwareKey& authority, const tpm::Bytes& message) {
  if (authority.is_rsa()) return authority.sign_rsa_pkcs1(HashAlgorithm::sha256, sha256(message));
  auto [r, s] = authority.sign_ecdsa(HashAlgorithm::sha256, sha256(message));
  r.insert(r.end(), s.begin(), s.end());
  return r;
}

PcrApproval approval_by(const SoftwareKey& authority, PcrMask pcrs, const tpm::Bytes& digest) {
  return {authority.public_key(), pcrs, digest, signature(authority, tpm::approved_policy(pcrs, digest))};
}

auto fault_that_says(Fault fault, const std::string& text) {
  return [=](const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.fault() == fault && std::string(error.what()).find(text) != std::string::npos;
  };
}

struct PolicyFixture : DumpFixture {
  tpm::Bytes secret = sha256(bytes_of("a secret"));

  PolicyFixture() { open(); }

  void run(const std::string& command) {
    device.reset();  // swtpm serves one connection at a time
    (void)run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() + " && " +
                      command);
    open();
    (void)commands();
  }

  void measure(unsigned pcr) { run("tpm2_pcrextend " + std::to_string(pcr) + ":sha256=" + std::string(64, 'a')); }

  [[nodiscard]] tpm::Bytes digest_of_now(PcrMask pcrs = kMask) const {
    return tpm::pcr_digest(device->read_pcrs(pcrs));
  }

  [[nodiscard]] PcrApproval approval_of_now(const SoftwareKey& authority) const {
    return approval_by(authority, kMask, digest_of_now());
  }

  void approve(PcrApproval approval) const {
    std::vector<PcrApproval> one;
    one.push_back(std::move(approval));
    device->set_pcr_approvals(std::move(one));
  }

  [[nodiscard]] tpm::StoredKey new_key_with(const PcrPolicy& policy) const {
    return stored(device->create(KeyAlgorithm::ec_p256, policy));
  }

  [[nodiscard]] bool signs(const tpm::CreatedKey& key) const {
    return verify_ecdsa(key.public_key, digest, device->sign_ecdsa(stored(key), HashAlgorithm::sha256, digest));
  }

  [[nodiscard]] bool opens(const tpm::SealedSecret& sealed) const {
    return std::ranges::equal(device->unseal(sealed).view(), secret);
  }
};

BOOST_FIXTURE_TEST_SUITE(the_pcrs, PolicyFixture)

BOOST_AUTO_TEST_CASE(are_read_in_ascending_order) {
  const std::vector<tpm::Bytes> before = device->read_pcrs(kMask);
  BOOST_REQUIRE(before.size() == 2U);
  BOOST_TEST((before[0] == tpm::Bytes(32)));
  measure(11);
  const std::vector<tpm::Bytes> after = device->read_pcrs(kMask);
  BOOST_TEST((after[0] == before[0]));
  BOOST_TEST((after[1] != before[1]));
}

BOOST_AUTO_TEST_CASE(are_read_all_24_in_three_commands) {
  (void)commands();
  const std::vector<tpm::Bytes> values = device->read_pcrs(tpm::kAllPcrs);
  BOOST_TEST(values.size() == 24U);
  BOOST_TEST((values[17] == tpm::Bytes(32, std::byte{0xff})));  // nobody launched anything late
  BOOST_TEST(commands() == std::vector<std::string>(3, command::kPcrRead), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(are_not_there_in_a_chip_without_a_sha256_bank) {
  run("tpm2_pcrallocate -Q sha1:all+sha256:none");
  device.reset();
  swtpm.stop();
  swtpm.start();
  open();
  const auto unsupported = fault_that_says(Fault::unsupported, "no SHA-256 bank");
  BOOST_CHECK_EXCEPTION((void)device->read_pcrs(kMask), Error, unsupported);
  BOOST_CHECK_EXCEPTION((void)device->seal(secret, policy_of_now()), Error, unsupported);
  BOOST_TEST(opens(device->seal(secret)));
}

BOOST_AUTO_TEST_CASE(beyond_the_last_do_not_exist) {
  BOOST_CHECK_EXCEPTION((void)device->read_pcrs(1U << 24), Error, has_fault(Fault::failed));
  BOOST_TEST(device->read_pcrs(0).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_policy_of_pcrs, PolicyFixture)

BOOST_AUTO_TEST_CASE(lets_a_key_sign_as_often_as_wanted_and_costs_two_commands_each_time) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  (void)commands();
  BOOST_TEST(signs(key));
  const std::vector<std::string> first{command::kLoad, command::kStartAuthSession, command::kPolicyPcr,
                                       command::kPolicyAuthValue, command::kSign};
  BOOST_TEST(commands() == first, boost::test_tools::per_element());
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(signs(key));
    const std::vector<std::string> each{command::kPolicyPcr, command::kPolicyAuthValue, command::kSign};
    BOOST_TEST(commands() == each, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(serves_rsa_and_decryption_too) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::rsa_2048, policy_of_now());
  BOOST_TEST(
      verify_rsa_pkcs1(key.public_key, digest, device->sign_rsa_pkcs1(stored(key), HashAlgorithm::sha256, digest)));
  tpm::Bytes message(256, std::byte{0x5a});
  message.front() = std::byte{0};
  const tpm::SecretBytes result = device->rsa_private(stored(key), rsa_public(key.public_key, message));
  BOOST_TEST(std::ranges::equal(result.view(), message));
  BOOST_TEST(!crossed_the_bus(result.view().last(32)));
}

BOOST_AUTO_TEST_CASE(lets_a_secret_out_encrypted) {
  const tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  BOOST_TEST(opens(sealed));
  BOOST_TEST(opens(sealed));
  BOOST_TEST(crossed_the_bus(tpm::decode_tss_private_key(sealed.tss_private_key).public_area));  // the dump works
  BOOST_TEST(!crossed_the_bus(secret));
  BOOST_TEST(!crossed_the_bus(sealed.auth.view()));
}

BOOST_AUTO_TEST_CASE(stands_in_the_way_once_a_pcr_has_changed_and_names_it_and_the_remedy) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  const tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  const tpm::CreatedKey other = device->create(KeyAlgorithm::ec_p256, PcrPolicy{1U << 8, {}, std::nullopt});
  measure(11);
  const auto mismatch =
      fault_that_says(Fault::pcr_mismatch, "the PCRs 7, 11 are not in a state that the policy allows");
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, mismatch);
  BOOST_CHECK_EXCEPTION((void)opens(sealed), Error, mismatch);
  BOOST_CHECK_EXCEPTION((void)opens(sealed), Error, fault_that_says(Fault::pcr_mismatch, "make a new key"));
  BOOST_TEST(signs(other));
  BOOST_TEST(opens(device->seal(secret, policy_of_now())));
}

BOOST_AUTO_TEST_CASE(may_be_of_a_state_to_come) {
  const PcrMask pcr = 1U << 11;
  const tpm::Bytes now = device->read_pcrs(pcr).front();
  tpm::Bytes extended = now;
  extended.insert(extended.end(), 32, std::byte{0xaa});
  const std::vector<tpm::Bytes> to_come{sha256(extended)};
  const tpm::SealedSecret sealed = device->seal(secret, PcrPolicy{pcr, tpm::pcr_digest(to_come), std::nullopt});
  BOOST_CHECK_EXCEPTION((void)opens(sealed), Error, has_fault(Fault::pcr_mismatch));
  measure(11);
  BOOST_TEST(opens(sealed));
}

BOOST_AUTO_TEST_CASE(does_not_replace_the_auth_value) {
  tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  BOOST_TEST(opens(sealed));
  sealed.auth = tpm::SecretBytes(32);
  for (int i = 0; i < 40; ++i) BOOST_CHECK_EXCEPTION((void)opens(sealed), Error, has_fault(Fault::failed));
  BOOST_TEST(opens(device->seal(secret, policy_of_now())));
}

BOOST_AUTO_TEST_CASE(cannot_be_taken_out_of_the_file_nor_exchanged) {
  const tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  tpm::TssPrivateKey blob = tpm::decode_tss_private_key(sealed.tss_private_key);
  blob.policy = tpm::PcrState{1U << 8, digest_of_now(1U << 8)};
  BOOST_CHECK_EXCEPTION((void)opens({encode(blob), copy_of(sealed.auth)}), Error, has_fault(Fault::bad_blob));
  blob.policy.reset();
  BOOST_CHECK_EXCEPTION((void)opens({encode(blob), copy_of(sealed.auth)}), Error, has_fault(Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(damaged_anywhere_is_refused) {
  const tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  constexpr std::size_t empty_auth_value = 16;  // a note for people's tools: the authValue decides
  for (std::size_t position = 0; position < sealed.tss_private_key.size(); ++position) {
    if (position == empty_auth_value) continue;
    tpm::SealedSecret damaged{sealed.tss_private_key, copy_of(sealed.auth)};
    damaged.tss_private_key[position] ^= std::byte{1};
    BOOST_CHECK_EXCEPTION((void)device->unseal(damaged), Error, has_fault(Fault::bad_blob));
  }
}

BOOST_AUTO_TEST_CASE(that_makes_no_sense_is_refused) {
  const SoftwareKey p384 = SoftwareKey::generate(KeyAlgorithm::ec_p384);
  const auto refused = [&](const PcrPolicy& policy, Fault fault) {
    BOOST_CHECK_EXCEPTION((void)device->seal(secret, policy), Error, has_fault(fault));
    BOOST_CHECK_EXCEPTION((void)device->create(KeyAlgorithm::ec_p256, policy), Error, has_fault(fault));
  };
  refused({0, {}, std::nullopt}, Fault::failed);
  refused({1U << 24, {}, std::nullopt}, Fault::failed);
  refused({kMask, tpm::Bytes(31), std::nullopt}, Fault::failed);
  refused(policy_of(p384), Fault::unsupported);
}

BOOST_AUTO_TEST_CASE(goes_with_an_exported_key) {
  const tpm::StoredKey key = new_key_with(policy_of_now());
  const tpm::SecretBytes auth(bytes_of("a passphrase"));
  const tpm::Bytes exported = device->export_key(key, auth);
  BOOST_TEST(signs(device->adopt(exported, auth)));
  measure(7);
  BOOST_CHECK_EXCEPTION((void)signs(device->adopt(exported, auth)), Error, has_fault(Fault::pcr_mismatch));
}

BOOST_AUTO_TEST_CASE(is_one_that_tpm2_tools_satisfy) {
  const tpm::SealedSecret sealed = device->seal(bytes_of("what tpm2-tools reads"), policy_of_now());
  const tpm::TssPrivateKey blob = tpm::decode_tss_private_key(sealed.tss_private_key);
  const auto write = [&](const char* name, tpm::ByteView bytes) {
    std::ofstream(swtpm.directory().file(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  write("sealed.pub", blob.public_area);
  write("sealed.priv", blob.private_area);
  run("tpm2_createprimary -Q -C o -G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|"
      "decrypt' -c primary.ctx && tpm2_flushcontext -t"
      " && tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx && tpm2_flushcontext -t"
      " && tpm2_startauthsession --policy-session -S session && tpm2_policypcr -Q -S session -l sha256:7,11"
      " && tpm2_policyauthvalue -Q -S session"
      " && tpm2_unseal -c sealed.ctx -p session:session+hex:" +
      hexadecimal(sealed.auth.view()) + " -o opened && tpm2_flushcontext session");
  std::ifstream opened(swtpm.directory().file("opened"));
  BOOST_TEST(std::string(std::istreambuf_iterator<char>(opened), {}) == "what tpm2-tools reads");
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_chip) {
  const tpm::SealedSecret sealed = device->seal(secret, policy_of_now());
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(opens(sealed));
    BOOST_TEST(signs(key));
  }
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(is_satisfied_again_after_a_failure_in_between) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  open_with("15d 2 rc=921");  // between the policy commands and their use
  BOOST_TEST(signs(key));
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, has_fault(Fault::locked_out));
  (void)commands();
  BOOST_TEST(signs(key));
  const std::vector<std::string> expected{command::kPolicyRestart, command::kPolicyPcr, command::kPolicyAuthValue,
                                          command::kSign};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_satisfied_again_where_something_was_measured_in_between) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  open_with("15d 1 rc=128");  // TPM_RC_PCR_CHANGED
  (void)commands();
  BOOST_TEST(signs(key));
  BOOST_TEST(count(commands(), command::kPolicyPcr) == 2);
  open_with("15d 1-2 rc=128");
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, fault_that_says(Fault::busy, "being measured"));
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(needs_a_session_and_says_so_where_there_is_none) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of_now());
  open_with("176 2 rc=903");  // TPM_RC_SESSION_MEMORY
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, fault_that_says(Fault::busy, "other programs hold the sessions"));
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_policy_of_an_authority, PolicyFixture)

BOOST_AUTO_TEST_CASE(lets_a_key_sign_in_every_approved_state) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa_2048, KeyAlgorithm::ec_p256}) {
    const SoftwareKey authority = SoftwareKey::generate(algorithm);
    const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
    const tpm::SealedSecret sealed = device->seal(secret, policy_of(authority));
    approve(approval_of_now(authority));
    BOOST_TEST(signs(key));
    BOOST_TEST(opens(sealed));
    measure(11);
    approve(approval_of_now(authority));
    BOOST_TEST(signs(key));
    BOOST_TEST(opens(sealed));
    BOOST_TEST(!crossed_the_bus(secret));
  }
}

BOOST_AUTO_TEST_CASE(costs_three_commands_a_use_once_the_approval_is_verified) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
  approve(approval_of_now(authority));
  (void)commands();
  BOOST_TEST(signs(key));
  const std::vector<std::string> first{command::kLoadExternal,
                                       command::kVerifySignature,
                                       command::kFlushContext,
                                       command::kLoad,
                                       command::kStartAuthSession,
                                       command::kPolicyPcr,
                                       command::kPolicyAuthorize,
                                       command::kPolicyAuthValue,
                                       command::kSign};
  BOOST_TEST(commands() == first, boost::test_tools::per_element());
  BOOST_TEST(signs(key));
  const std::vector<std::string> each{command::kPolicyPcr, command::kPolicyAuthorize, command::kPolicyAuthValue,
                                      command::kSign};
  BOOST_TEST(commands() == each, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(chooses_among_approvals_and_tries_the_last_one_that_served_first) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const SoftwareKey stranger = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
  std::vector<PcrApproval> approvals;
  approvals.push_back(approval_by(stranger, kMask, digest_of_now()));
  approvals.push_back(approval_by(authority, kMask, tpm::Bytes(32)));
  approvals.push_back(approval_by(authority, 1U << 8, tpm::Bytes(32)));
  approvals.push_back(approval_of_now(authority));
  device->set_pcr_approvals(std::move(approvals));
  BOOST_TEST(signs(key));
  (void)commands();
  BOOST_TEST(signs(key));
  BOOST_TEST(count(commands(), command::kPolicyPcr) == 1);
}

BOOST_AUTO_TEST_CASE(without_an_approval_of_the_present_state_stands_in_the_way_and_says_so) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, fault_that_says(Fault::pcr_mismatch, "there is no approval"));
  approve(approval_of_now(authority));
  BOOST_TEST(signs(key));
  PcrApproval old = approval_of_now(authority);
  measure(7);
  approve(std::move(old));
  BOOST_CHECK_EXCEPTION((void)signs(key), Error,
                        fault_that_says(Fault::pcr_mismatch, "the PCRs 7, 11 are not in a state"));
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, fault_that_says(Fault::pcr_mismatch, "approve the present state"));
  device->set_pcr_approvals({});
  BOOST_CHECK_EXCEPTION((void)signs(key), Error, has_fault(Fault::pcr_mismatch));
}

BOOST_AUTO_TEST_CASE(takes_no_approval_with_a_wrong_signature) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa_2048, KeyAlgorithm::ec_p256}) {
    const SoftwareKey authority = SoftwareKey::generate(algorithm);
    const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
    PcrApproval forged = approval_of_now(authority);
    forged.signature.back() ^= std::byte{1};
    PcrApproval cut_off = approval_of_now(authority);
    cut_off.signature.pop_back();
    const PcrApproval of_another_state = approval_by(authority, kMask, tpm::Bytes(32));
    PcrApproval borrowed = approval_of_now(authority);
    borrowed.signature = of_another_state.signature;
    for (const PcrApproval& wrong : {forged, cut_off, borrowed}) {
      approve(wrong);
      BOOST_CHECK_EXCEPTION((void)signs(key), Error, has_fault(Fault::bad_blob));
      device->set_pcr_approvals({wrong, approval_of_now(authority)});
      BOOST_TEST(signs(key));
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_no_more_and_no_other_approvals_than_said) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
  const PcrApproval good = approval_of_now(authority);
  const auto refused = [&](std::vector<PcrApproval> approvals, Fault fault) {
    BOOST_CHECK_EXCEPTION(device->set_pcr_approvals(std::move(approvals)), Error, has_fault(fault));
  };
  device->set_pcr_approvals(std::vector<PcrApproval>(tpm::KeyDevice::kMaxApprovals, good));
  refused(std::vector<PcrApproval>(tpm::KeyDevice::kMaxApprovals + 1, good), Fault::failed);
  refused({PcrApproval{good.authority, 0, good.pcr_digest, good.signature}}, Fault::failed);
  refused({PcrApproval{good.authority, kMask, tpm::Bytes(31), good.signature}}, Fault::failed);
  const tpm::PublicKey p384 = SoftwareKey::generate(KeyAlgorithm::ec_p384).public_key();
  refused({PcrApproval{p384, kMask, good.pcr_digest, good.signature}}, Fault::unsupported);
  BOOST_TEST(signs(key));  // by what was set before
}

BOOST_AUTO_TEST_CASE(finds_its_slots_on_a_full_chip) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::ec_p256);
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, policy_of(authority));
  const tpm::SealedSecret sealed = device->seal(secret, policy_of(authority));
  const tpm::StoredKey first = new_key(), second = new_key();
  approve(approval_of_now(authority));
  sign(first);
  sign(second);  // with the storage key, every slot is taken
  BOOST_TEST(signs(key));
  sign(first);
  sign(second);
  approve(approval_of_now(authority));
  sign(first);
  sign(second);
  BOOST_TEST(opens(sealed));
  BOOST_CHECK_NO_THROW(sign(first));
}

BOOST_AUTO_TEST_CASE(is_the_one_that_tpm2_tools_compute) {
  const SoftwareKey authority = SoftwareKey::generate(KeyAlgorithm::rsa_2048);
  const tpm::SealedSecret sealed = device->seal(secret, policy_of(authority));
  const tpm::TssPrivateKey blob = tpm::decode_tss_private_key(sealed.tss_private_key);
  const auto commands = tpm::commands_of(*blob.policy);
  const tpm::Bytes area(commands[0].parameters.begin(), commands[0].parameters.end() - 4);
  std::ofstream(swtpm.directory().file("authority.pub"), std::ios::binary)
      .write(reinterpret_cast<const char*>(area.data()), static_cast<std::streamsize>(area.size()));
  run("tpm2_loadexternal -Q -C o -u authority.pub -c authority.ctx -n authority.name && tpm2_flushcontext -t"
      " && tpm2_startauthsession -S session && tpm2_policyauthorize -Q -S session -n authority.name"
      " && tpm2_policyauthvalue -Q -S session -L policy && tpm2_flushcontext session");
  std::ifstream file(swtpm.directory().file("policy"), std::ios::binary);
  const std::string policy{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(std::ranges::equal(bytes_of(policy), tpm::auth_policy(*blob.policy)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test

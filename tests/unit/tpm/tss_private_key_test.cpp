#include "tpm/tss_private_key.h"

#include <boost/test/unit_test.hpp>
#include <string_view>

#include "tpm/der.h"
#include "tpm/error.h"

namespace edgeseal::tpm {
namespace {

Bytes tpm2b(std::size_t size) {
  Bytes out{static_cast<std::byte>(size >> 8), static_cast<std::byte>(size & 0xff)};
  out.resize(out.size() + size, std::byte{0x5a});
  return out;
}

TssPrivateKey sample_key() {
  return {TssPrivateKey::Type::loadable_key, false, TssPrivateKey::kOwnerPrimary, tpm2b(88), tpm2b(222)};
}

constexpr std::size_t kEmptyAuthValue = 16;  // its position in the DER of sample_key()

// What decodes must be the one form of what it says, but for the value of emptyAuth; anything else is a bad blob.
void check_decodes_to_itself_or_is_refused(Bytes der) {
  try {
    const TssPrivateKey key = decode_tss_private_key(der);
    if (key.empty_auth) der[kEmptyAuthValue] = std::byte{0xff};
    BOOST_TEST((encode(key) == der));
  } catch (const Error& error) {
    BOOST_TEST((error.fault() == Fault::bad_blob));
  }
}

void check_refused(const Bytes& der, std::string_view reason) {
  BOOST_CHECK_EXCEPTION((void)decode_tss_private_key(der), Error, [&](const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.fault() == Fault::bad_blob && std::string_view(error.what()).find(reason) != std::string_view::npos;
  });
}

Bytes sequence_of(std::initializer_list<Bytes> fields) {
  Bytes content;
  for (const Bytes& field : fields) content.insert(content.end(), field.begin(), field.end());
  return der::element(der::Tag::sequence, content);
}

const Bytes kType{std::byte{0x06}, std::byte{0x06}, std::byte{0x67}, std::byte{0x81},
                  std::byte{0x05}, std::byte{0x0a}, std::byte{0x01}, std::byte{0x03}};
const Bytes kSealedDataType{std::byte{0x06}, std::byte{0x06}, std::byte{0x67}, std::byte{0x81},
                            std::byte{0x05}, std::byte{0x0a}, std::byte{0x01}, std::byte{0x05}};
const Bytes kImportableKeyType{std::byte{0x06}, std::byte{0x06}, std::byte{0x67}, std::byte{0x81},
                               std::byte{0x05}, std::byte{0x0a}, std::byte{0x01}, std::byte{0x04}};
const Bytes kNoEmptyAuth = der::element(der::Tag::explicit_0, der::boolean_element(false));
const Bytes kParent = der::integer_element(TssPrivateKey::kOwnerPrimary);

Bytes octets(const Bytes& content) {
  return der::element(der::Tag::octet_string, content);
}

Bytes bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return Bytes(view.begin(), view.end());
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Authority sample_authority() {
  return {EcPublicKey{KeyAlgorithm::ec_p256, Bytes(32, std::byte{1}), Bytes(32, std::byte{2})}};
}

std::vector<ObjectPolicy> policies() {
  return {PcrState{kAllPcrs, Bytes(32, std::byte{0xdd})}, sample_authority(),
          Authority{RsaPublicKey{Bytes(256, std::byte{0xcc}), 65537}}};
}

struct Command {
  std::uint32_t code;
  Bytes parameters;  // as an element
};

// The policy element with these commands.
Bytes der_with_policy(const std::vector<Command>& commands) {
  Bytes list;
  for (const auto& [code, parameters] : commands) {
    const Bytes command = joined({der::element(der::Tag::explicit_0, der::integer_element(code)),
                                  der::element(der::Tag::explicit_1, parameters)});
    list = joined({list, der::element(der::Tag::sequence, command)});
  }
  return der::element(der::Tag::explicit_1, der::element(der::Tag::sequence, list));
}

BOOST_AUTO_TEST_SUITE(a_tss_private_key)

BOOST_AUTO_TEST_CASE(comes_back_as_it_was) {
  TssPrivateKey key = sample_key();
  BOOST_TEST((decode_tss_private_key(encode(key)) == key));
  key.parent = TssPrivateKey::kPersistentStorageKey;
  key.empty_auth = true;
  key.public_area = tpm2b(600);
  BOOST_TEST((decode_tss_private_key(encode(key)) == key));
  key.type = TssPrivateKey::Type::sealed_data;
  BOOST_TEST((decode_tss_private_key(encode(key)) == key));
}

BOOST_AUTO_TEST_CASE(begins_as_the_published_form_does) {
  const Bytes der = encode(sample_key());
  const std::string_view expected(
      "\x30\x82\x01\x52\x06\x06\x67\x81\x05\x0a\x01\x03\xa0\x03\x01\x01\x00\x02\x04\x40\x00\x00\x01\x04\x5a", 25);
  BOOST_TEST(std::string_view(reinterpret_cast<const char*>(der.data()), expected.size()) == expected);
}

BOOST_AUTO_TEST_CASE(may_leave_empty_auth_out) {
  const Bytes der = sequence_of({kType, kParent, octets(tpm2b(88)), octets(tpm2b(222))});
  BOOST_TEST((decode_tss_private_key(der) == sample_key()));
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_is_refused) {
  const Bytes der = encode(sample_key());
  for (std::size_t size = 0; size < der.size(); ++size) {
    BOOST_CHECK_THROW((void)decode_tss_private_key(ByteView(der).first(size)), Error);
  }
}

BOOST_AUTO_TEST_CASE(with_any_byte_changed_is_another_key_or_refused) {
  const Bytes der = encode(sample_key());
  for (std::size_t position = 0; position < der.size(); ++position) {
    for (unsigned value = 0; value <= 0xff; ++value) {
      Bytes changed = der;
      changed[position] = static_cast<std::byte>(value);
      check_decodes_to_itself_or_is_refused(changed);
    }
  }
}

BOOST_AUTO_TEST_CASE(with_surplus_bytes_is_refused) {
  Bytes der = encode(sample_key());
  der.push_back(std::byte{0});
  check_refused(der, "surplus bytes after the key");
  check_refused(sequence_of({kType, kParent, octets(tpm2b(88)), octets(tpm2b(222)), octets(tpm2b(1))}),
                "surplus bytes after privkey");
}

BOOST_AUTO_TEST_CASE(of_another_type_is_refused) {
  check_refused(sequence_of({kImportableKeyType, kParent, octets(tpm2b(88)), octets(tpm2b(222))}),
                "neither a loadable key (2.23.133.10.1.3) nor sealed data (2.23.133.10.1.5)");
}

BOOST_AUTO_TEST_CASE(may_be_sealed_data) {
  TssPrivateKey sealed = sample_key();
  sealed.type = TssPrivateKey::Type::sealed_data;
  const Bytes der = sequence_of({kSealedDataType, kParent, octets(tpm2b(88)), octets(tpm2b(222))});
  BOOST_TEST((decode_tss_private_key(der) == sealed));
}

BOOST_AUTO_TEST_CASE(with_a_policy_comes_back_as_it_was) {
  for (const ObjectPolicy& policy : policies()) {
    TssPrivateKey key = sample_key();
    key.policy = policy;
    BOOST_TEST((decode_tss_private_key(encode(key)) == key));
  }
}

BOOST_AUTO_TEST_CASE(with_a_policy_has_the_published_form) {
  TssPrivateKey key = sample_key();
  key.policy = PcrState{1U << 7 | 1U << 11, Bytes(32, std::byte{0xdd})};
  constexpr std::string_view selection("\x00\x00\x00\x01\x00\x0b\x03\x80\x08\x00", 10);
  const Bytes parameters =
      octets(joined({Bytes{std::byte{0}, std::byte{32}}, Bytes(32, std::byte{0xdd}), bytes(selection)}));
  const Bytes expected = der_with_policy({{0x17f, parameters}, {0x16b, octets({})}});
  BOOST_TEST(
      (encode(key) == sequence_of({kType, kNoEmptyAuth, expected, kParent, octets(tpm2b(88)), octets(tpm2b(222))})));
}

BOOST_AUTO_TEST_CASE(with_a_policy_cut_off_anywhere_or_with_any_byte_changed_is_refused_or_another_key) {
  for (const ObjectPolicy& policy : policies()) {
    TssPrivateKey key = sample_key();
    key.policy = policy;
    const Bytes der = encode(key);
    for (std::size_t position = 0; position < der.size(); ++position) {
      BOOST_CHECK_THROW((void)decode_tss_private_key(ByteView(der).first(position)), Error);
      for (const unsigned value : {0U, 1U, 2U, 0x7fU, 0x80U, 0xffU}) {
        Bytes changed = der;
        changed[position] = static_cast<std::byte>(value);
        check_decodes_to_itself_or_is_refused(changed);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(with_a_policy_that_the_agent_cannot_satisfy_is_refused) {
  const Bytes pcr = commands_of(PcrState{1U << 7, Bytes(32)}).front().parameters;
  const Bytes authority = commands_of(sample_authority()).front().parameters;
  const Command auth_value{TPM2_CC_PolicyAuthValue, octets({})};
  const auto check = [](const std::vector<Command>& policy, std::string_view reason) {
    check_refused(sequence_of({kType, der_with_policy(policy), kParent, octets(tpm2b(88)), octets(tpm2b(222))}),
                  reason);
  };
  check({}, "it is not two commands");
  check({{TPM2_CC_PolicyPCR, octets(pcr)}}, "it is not two commands");
  check({auth_value, {TPM2_CC_PolicyPCR, octets(pcr)}}, "neither TPM2_PolicyPCR nor TPM2_PolicyAuthorize");
  check({{TPM2_CC_PolicyPCR, octets(pcr)}, {TPM2_CC_PolicyPassword, octets({})}}, "makes and takes no such policy");
  check({{TPM2_CC_PolicyPCR, octets(pcr)}, {TPM2_CC_PolicyAuthValue, octets({std::byte{0}})}},
        "makes and takes no such policy");
  check({{TPM2_CC_PolicyPCR, octets(pcr)}, auth_value, auth_value}, "more commands than the agent can satisfy");
  check({{TPM2_CC_PolicyPCR, octets({})}, auth_value}, "TPM2_PolicyPCR is cut off");
  check({{TPM2_CC_PolicyPCR, octets(joined({pcr, Bytes(1, std::byte{1})}))}, auth_value},
        "makes and takes no such policy");
  check({{TPM2_CC_PolicyPCR, octets(Bytes(kMaxPolicyParameters + 1))}, auth_value}, "longer than any");
  check({{TPM2_CC_PolicyPCR, kParent}, auth_value}, "commandPolicy is missing or malformed");
  check({{TPM2_CC_PolicyAuthorize, octets(Bytes(1))}, auth_value}, "TPM2_PolicyAuthorize is cut off");
  check({{TPM2_CC_PolicyAuthorize, octets(joined({authority, Bytes(1)}))}, auth_value},
        "makes and takes no such policy");
  Bytes sha1_bank = pcr;
  sha1_bank[pcr.size() - 5] = std::byte{TPM2_ALG_SHA1};
  check({{TPM2_CC_PolicyPCR, octets(sha1_bank)}, auth_value}, "makes and takes no such policy");
  Bytes no_pcrs = pcr;
  no_pcrs[pcr.size() - 3] = std::byte{0};
  check({{TPM2_CC_PolicyPCR, octets(no_pcrs)}, auth_value}, "about no PCR");
  Bytes restricted = authority;
  restricted[6] ^= std::byte{1};  // an attribute, and so another Name
  check({{TPM2_CC_PolicyAuthorize, octets(restricted)}, auth_value}, "makes and takes no such policy");
}

BOOST_AUTO_TEST_CASE(of_a_parent_that_the_agent_does_not_use_is_refused) {
  const Bytes parent = der::integer_element(0x81000002);
  check_refused(sequence_of({kType, parent, octets(tpm2b(88)), octets(tpm2b(222))}), "parent");
}

BOOST_AUTO_TEST_CASE(whose_areas_do_not_have_their_size_is_refused) {
  Bytes too_short = tpm2b(88);
  too_short.pop_back();
  check_refused(sequence_of({kType, kParent, octets(too_short), octets(tpm2b(222))}), "pubkey has a wrong size");
  check_refused(sequence_of({kType, kParent, octets(tpm2b(88)), octets(too_short)}), "privkey has a wrong size");
  check_refused(sequence_of({kType, kParent, octets(tpm2b(0)), octets(tpm2b(222))}), "pubkey is empty");
}

BOOST_AUTO_TEST_CASE(longer_than_any_is_refused_before_it_is_read) {
  check_refused(Bytes(TssPrivateKey::kMaxSize + 1), "longer than any TPM key");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm

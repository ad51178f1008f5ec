#include "agent/keys/pkcs12.h"

#include <openssl/err.h>

#include <optional>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

struct FreeSafes {
  void operator()(STACK_OF(PKCS7) * safes) const noexcept { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
struct FreeBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const noexcept {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

class Search {
 public:
  Search(PKCS12& file, Passphrase& passphrase) : file_(file), passphrase_(passphrase) { check_integrity(); }

  Pkcs8Ptr key() {
    const SafesPtr safes(PKCS12_unpack_authsafes(&file_));
    for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i)
      if (const BagsPtr bags = unpack(*sk_PKCS7_value(safes.get(), i)))
        if (Pkcs8Ptr found = key_in(bags.get())) return found;
    if (undecipherable_) refuse_decryption(passphrase_);
    ERR_clear_error();
    throw Error(Code::invalid_argument, "the PKCS#12 file holds no private key");
  }

 private:
  // An empty passphrase is one of two: the string of no characters, or nothing at all.
  void check_integrity() {
    if (PKCS12_mac_present(&file_) != 1) return;
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, &file_);
    passphrase_.spend(iterations);
    if (PKCS12_verify_mac(&file_, text_, passphrase_.size()) == 1) return;
    if (!passphrase_.empty()) refuse_decryption(passphrase_);
    passphrase_.spend(iterations);
    text_ = nullptr;
    if (PKCS12_verify_mac(&file_, nullptr, 0) != 1) refuse_decryption(passphrase_);
  }

  BagsPtr unpack(PKCS7& safe) {
    if (PKCS7_type_is_data(&safe)) return BagsPtr(PKCS12_unpack_p7data(&safe));
    if (!PKCS7_type_is_encrypted(&safe) || safe.d.encrypted == nullptr) return nullptr;
    passphrase_.spend(*safe.d.encrypted->enc_data->algorithm);
    BagsPtr bags(PKCS12_unpack_p7encdata(&safe, text_, passphrase_.size()));
    undecipherable_ = undecipherable_ || !bags;
    return bags;
  }

  Pkcs8Ptr key_in(const STACK_OF(PKCS12_SAFEBAG) * bags) {
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i)
      if (Pkcs8Ptr found = key_in(*sk_PKCS12_SAFEBAG_value(bags, i))) return found;
    return nullptr;
  }

  Pkcs8Ptr key_in(const PKCS12_SAFEBAG& bag) {
    switch (PKCS12_SAFEBAG_get_nid(&bag)) {
      case NID_keyBag: return Pkcs8Ptr(copy_of(PKCS12_SAFEBAG_get0_p8inf(&bag)));
      case NID_pkcs8ShroudedKeyBag: return decrypt(*PKCS12_SAFEBAG_get0_pkcs8(&bag));
      case NID_safeContentsBag: return key_in(PKCS12_SAFEBAG_get0_safes(&bag));
      default: return nullptr;
    }
  }

  static PKCS8_PRIV_KEY_INFO* copy_of(const PKCS8_PRIV_KEY_INFO* info) {
    return static_cast<PKCS8_PRIV_KEY_INFO*>(ASN1_item_dup(ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO), info));
  }

  Pkcs8Ptr decrypt(const X509_SIG& encrypted) {
    const X509_ALGOR* encryption = nullptr;
    X509_SIG_get0(&encrypted, &encryption, nullptr);
    passphrase_.spend(*encryption);
    Pkcs8Ptr info(PKCS8_decrypt(&encrypted, text_, passphrase_.size()));
    undecipherable_ = undecipherable_ || !info;
    return info;
  }

  PKCS12& file_;
  Passphrase& passphrase_;
  const char* text_ = passphrase_.empty() ? "" : passphrase_.data();
  bool undecipherable_ = false;
};

}  // namespace

Pkcs8Ptr private_key_of(PKCS12& file, Passphrase& passphrase) {
  return Search(file, passphrase).key();
}

}  // namespace edgeseal::agent

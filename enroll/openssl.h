#pragma once

// Owning handles and conversions for libcrypto and libssl, for the files of enroll/ that call them.

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jose/bytes.h"
#include "jose/libcrypto.h"

namespace edgeseal::enroll {

using jose::Bytes;
using jose::bytes_of;
using jose::ByteView;
using jose::octets;
using jose::OpensslFree;
using jose::out_octets;
using jose::SecretBytes;
using jose::text_of;

// An object that libcrypto counts the references of: a copy is one more reference.
template <class T, int (*Acquire)(T*), void (*Release)(T*)>
class Counted {
 public:
  Counted() = default;
  explicit Counted(T* owned) noexcept : object_(owned) {}  // takes the reference over
  Counted(const Counted& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) Acquire(object_);
  }
  Counted(Counted&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Counted& operator=(Counted other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Counted() { Release(object_); }

  [[nodiscard]] static Counted share(T* object) noexcept {
    if (object != nullptr) Acquire(object);
    return Counted(object);
  }

  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};
using Certificate = Counted<X509, X509_up_ref, X509_free>;
using RevocationList = Counted<X509_CRL, X509_CRL_up_ref, X509_CRL_free>;
using Key = Counted<EVP_PKEY, EVP_PKEY_up_ref, EVP_PKEY_free>;
using CertificateStore = Counted<X509_STORE, X509_STORE_up_ref, X509_STORE_free>;

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO, BIO_free_all>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ, X509_REQ_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX, X509_STORE_CTX_free>>;

struct FreeExtensions {
  void operator()(X509_EXTENSIONS* extensions) const noexcept {
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
};
using ExtensionsPtr = std::unique_ptr<X509_EXTENSIONS, FreeExtensions>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using CertificateStackPtr = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

// A stack of certificates that are others'.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using BorrowedStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

// The last reason on libcrypto's error queue of this thread, which is emptied.
[[nodiscard]] std::string openssl_reason();
// Throws std::runtime_error unless `done`: libcrypto has no memory, or was called wrongly.
void require_openssl(bool done, const char* operation);

// Exactly one DER certificate of at most max_certificate_size, or an empty handle.
[[nodiscard]] Certificate parse_certificate(ByteView der);
[[nodiscard]] Bytes der_of(const Certificate& certificate);
[[nodiscard]] Bytes sha256(ByteView bytes);
[[nodiscard]] std::string hexadecimal(ByteView bytes);  // lower case

[[nodiscard]] BorrowedStack borrow(const std::vector<Certificate>& certificates);
[[nodiscard]] std::vector<Certificate> shared(const STACK_OF(X509) * stack);  // null: none
[[nodiscard]] std::vector<Certificate> joined(std::vector<Certificate> first, const std::vector<Certificate>& second);

[[nodiscard]] bool same_certificate(const Certificate& left, const Certificate& right);
[[nodiscard]] bool contains(const std::vector<Certificate>& certificates, const Certificate& wanted);
[[nodiscard]] bool is_self_issued(const Certificate& certificate);
// NID of libcrypto. False where the extension is not there.
[[nodiscard]] bool has_extended_key_usage(const Certificate& certificate, int usage);
[[nodiscard]] std::string subject_of(const Certificate& certificate);  // RFC 2253, printable, bounded

}  // namespace edgeseal::enroll

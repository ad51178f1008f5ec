#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/store.h>

#include "provider/algorithms.h"
#include "provider/delivery.h"
#include "provider/key_uri.h"
#include "provider/parameter.h"
#include "provider/search.h"
#include "provider/trust_anchors.h"
#include "provider/wiped.h"

namespace edgeseal::provider {
namespace {

// An open store: what the agent said at once of one key, so that key and certificate are of one generation, or of what
// a certificate group trusts. Yields the key, then its certificate and the rest of the chain.
class Store {
 public:
  explicit Store(Context& context) noexcept : context_(context), search_(context) {}

  [[nodiscard]] bool open(std::string_view uri) noexcept;
  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool load(OSSL_CALLBACK* receive, void* argument) noexcept;
  [[nodiscard]] bool at_end() noexcept;

 private:
  [[nodiscard]] bool describe(std::string_view key_name) noexcept;
  [[nodiscard]] bool takes_key_from(const wire::DescribeResponse& described) noexcept;
  [[nodiscard]] bool is_private_key_wanted() const noexcept;
  [[nodiscard]] bool is_public_key_wanted() const noexcept;
  [[nodiscard]] bool is_certificate_wanted() const noexcept;
  void skip_unwanted() noexcept;

  Context& context_;
  Search search_;
  ObjectType type_ = ObjectType::all;
  int expected_ = 0;    // OSSL_STORE_INFO_*, zero for anything
  Key::Reference key_;  // until it was delivered
  CertificateBundle certificates_;
  CertificateBundle::Position next_;
};

bool Store::open(std::string_view text) noexcept {
  KeyUri uri;
  if (!context_.is_configured() || !uri.parse(text)) return false;
  type_ = uri.type();
  if (type_ == ObjectType::trust_anchors) return fetch_trust_anchors(context_, uri.key_name(), certificates_);
  return describe(uri.key_name());
}

bool Store::describe(std::string_view key_name) noexcept {
  RecordBuffer record(wire::max_message_size);
  wire::DescribeResponse described;
  if (!context_.agent.describe(key_name, record.view(), described) || !takes_key_from(described)) return false;
  for (const ByteView certificate : std::span(described.chain.certificates).first(described.chain.count)) {
    if (!certificates_.append(certificate)) return false;
  }
  return true;
}

bool Store::takes_key_from(const wire::DescribeResponse& described) noexcept {
  key_ = Key::of_agent(context_, described.key_name, described.public_key);
  if (key_ == nullptr || key_->agent_key->id == described.key_id) return key_ != nullptr;
  raise_error(Reason::agent_answer_malformed, "the id of key %s is not that of its public key",
              key_->agent_key->name.data());
  return false;
}

bool Store::set(const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* expected = OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_EXPECT);
  if (expected != nullptr && OSSL_PARAM_get_int(expected, &expected_) != 1) return false;
  return search_.set(parameters);
}

bool Store::is_private_key_wanted() const noexcept {
  return (type_ == ObjectType::all || type_ == ObjectType::private_key) &&
         (expected_ == 0 || expected_ == OSSL_STORE_INFO_PKEY);
}

// The public part is asked for by the URI or, of all objects, by the program.
bool Store::is_public_key_wanted() const noexcept {
  if (type_ == ObjectType::public_key) return expected_ == 0 || expected_ == OSSL_STORE_INFO_PUBKEY;
  return type_ == ObjectType::all && expected_ == OSSL_STORE_INFO_PUBKEY;
}

bool Store::is_certificate_wanted() const noexcept {
  if (expected_ != 0 && expected_ != OSSL_STORE_INFO_CERT) return false;
  switch (type_) {
    case ObjectType::all:
    case ObjectType::trust_anchors: return true;
    case ObjectType::certificate: return next_.index() == 0;
    case ObjectType::issuers: return next_.index() > 0;
    case ObjectType::private_key:
    case ObjectType::public_key: return false;
  }
  return false;
}

void Store::skip_unwanted() noexcept {
  const bool key_wanted = is_private_key_wanted() || is_public_key_wanted();
  if (key_ != nullptr && (!key_wanted || !search_.matches_key(*key_))) key_.reset();
  if (key_ != nullptr) return;
  while (!certificates_.is_end(next_) &&
         (!is_certificate_wanted() || !search_.matches_certificate(certificates_.at(next_)))) {
    certificates_.advance(next_);
  }
}

bool Store::at_end() noexcept {
  skip_unwanted();
  return key_ == nullptr && certificates_.is_end(next_);
}

bool Store::load(OSSL_CALLBACK* receive, void* argument) noexcept {
  if (at_end()) return false;
  if (key_ == nullptr) {
    const ByteView certificate = certificates_.at(next_);
    certificates_.advance(next_);
    return deliver_certificate(certificate, receive, argument);
  }
  if (is_public_key_wanted()) key_->agent_key.reset();
  return deliver(std::move(key_), receive, argument);
}

Store& as_store(void* store) noexcept {
  return *static_cast<Store*>(store);
}

void* open_store(void* context, const char* uri) noexcept {
  Owned<Store> store = make_object<Store>(*static_cast<Context*>(context));
  return store != nullptr && store->open(uri) ? store.release() : nullptr;
}

int close_store(void* store) noexcept {
  Destroy{}(static_cast<Store*>(store));
  return 1;
}

int load_next(void* store, OSSL_CALLBACK* receive, void* argument, OSSL_PASSPHRASE_CALLBACK* /*passphrase*/,
              void* /*passphrase_argument*/) noexcept {
  return as_store(store).load(receive, argument);
}

int is_at_end(void* store) noexcept {
  return as_store(store).at_end();
}

// What is listed can be searched for.
constexpr OSSL_PARAM settable[] = {number(OSSL_STORE_PARAM_EXPECT),
                                   octets(OSSL_STORE_PARAM_SUBJECT),
                                   octets(OSSL_STORE_PARAM_ISSUER),
                                   big_number(OSSL_STORE_PARAM_SERIAL),
                                   text(OSSL_STORE_PARAM_DIGEST),
                                   octets(OSSL_STORE_PARAM_FINGERPRINT),
                                   end_of_list};

const OSSL_PARAM* list_settable(void* /*context*/) noexcept {
  return settable;
}

int set_parameters(void* store, const OSSL_PARAM parameters[]) noexcept {
  return as_store(store).set(parameters);
}

const OSSL_DISPATCH functions[] = {{OSSL_FUNC_STORE_OPEN, reinterpret_cast<Function>(open_store)},
                                   {OSSL_FUNC_STORE_CLOSE, reinterpret_cast<Function>(close_store)},
                                   {OSSL_FUNC_STORE_LOAD, reinterpret_cast<Function>(load_next)},
                                   {OSSL_FUNC_STORE_EOF, reinterpret_cast<Function>(is_at_end)},
                                   {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_settable)},
                                   {OSSL_FUNC_STORE_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
                                   {0, nullptr}};

constexpr Tables tables(std::to_array<OSSL_ALGORITHM>({{"edgeseal", own_property, functions,
                                                        "keys and certificates of the Edgeseal agent"}}));

}  // namespace

constinit const Offer stores = tables.offer();

}  // namespace edgeseal::provider

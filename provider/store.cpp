#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/store.h>

#include <algorithm>

#include "provider/algorithms.h"
#include "provider/delivery.h"

namespace edgeseal::provider {
namespace {

constexpr std::string_view scheme = "edgeseal:";
constexpr std::string_view type_parameter = "type=";

enum class Type { all, key, certificate, issuers };

struct TypeName {
  std::string_view name;
  Type type;
};

// Those of PKCS#11 URIs (RFC 7512 section 2.3), and one for the rest of the chain.
constexpr std::array<TypeName, 3> type_names{
    {{"private", Type::key}, {"cert", Type::certificate}, {"ca", Type::issuers}}};

std::optional<Type> parse_type(std::string_view parameter) noexcept {
  if (!parameter.starts_with(type_parameter)) return std::nullopt;
  parameter.remove_prefix(type_parameter.size());
  for (const TypeName& known : type_names) {
    if (known.name == parameter) return known.type;
  }
  return std::nullopt;
}

// An open store: what the agent says of one key. Yields the key, then the certificates of its chain, leaf first.
class Store {
 public:
  explicit Store(Context& context) noexcept : context_(context) {}

  [[nodiscard]] bool open(std::string_view uri) noexcept;
  void expect(int type) noexcept { expected_ = type; }
  [[nodiscard]] bool load(OSSL_CALLBACK* receive, void* argument) noexcept;
  [[nodiscard]] bool at_end() const noexcept { return next_wanted() == end(); }

 private:
  [[nodiscard]] bool parse(std::string_view uri, std::string_view& key_name) noexcept;
  [[nodiscard]] std::size_t end() const noexcept { return 1 + key_.chain.count; }
  [[nodiscard]] bool is_wanted(std::size_t index) const noexcept;
  [[nodiscard]] std::size_t next_wanted() const noexcept;

  Context& context_;
  std::array<std::byte, wire::max_message_size> record_;
  wire::DescribeResponse key_;  // views into record_
  Type type_ = Type::all;
  int expected_ = 0;      // OSSL_STORE_INFO_*, zero for anything
  std::size_t next_ = 0;  // zero is the key
};

bool Store::open(std::string_view uri) noexcept {
  std::string_view key_name;
  return context_.is_configured() && parse(uri, key_name) && context_.agent.describe(key_name, record_, key_);
}

// edgeseal:NAME[;type=private|cert|ca]
bool Store::parse(std::string_view uri, std::string_view& key_name) noexcept {
  uri.remove_prefix(std::min(scheme.size(), uri.size()));
  const auto* const separator = std::find(uri.begin(), uri.end(), ';');
  key_name = std::string_view(uri.begin(), separator);
  if (separator == uri.end()) return true;
  const std::optional<Type> type = parse_type(std::string_view(separator + 1, uri.end()));
  if (type.has_value()) type_ = *type;
  if (!type.has_value()) raise_error(Reason::uri_invalid, "after the name it may say ;type=private, cert or ca");
  return type.has_value();
}

bool Store::is_wanted(std::size_t index) const noexcept {
  const bool is_key = index == 0;
  const Type type = is_key ? Type::key : index == 1 ? Type::certificate : Type::issuers;
  if (type_ != Type::all && type_ != type) return false;
  if (expected_ == 0) return true;
  return is_key ? expected_ == OSSL_STORE_INFO_PKEY || expected_ == OSSL_STORE_INFO_PUBKEY
                : expected_ == OSSL_STORE_INFO_CERT;
}

std::size_t Store::next_wanted() const noexcept {
  std::size_t index = next_;
  while (index < end() && !is_wanted(index)) ++index;
  return index;
}

bool Store::load(OSSL_CALLBACK* receive, void* argument) noexcept {
  const std::size_t wanted = next_wanted();
  if (wanted == end()) return false;
  next_ = wanted + 1;
  if (wanted > 0) return deliver_certificate(key_.chain.certificates[wanted - 1], receive, argument);
  Key::Reference key = Key::of_agent(context_, key_.key_name, key_.public_key);
  if (key == nullptr) return false;
  if (key->agent_key->id != key_.key_id) {
    raise_error(Reason::agent_answer_malformed, "the id of key %s is not that of its public key",
                key->agent_key->name.data());
    return false;
  }
  if (expected_ == OSSL_STORE_INFO_PUBKEY) key->agent_key.reset();
  return deliver(std::move(key), receive, argument);
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

constexpr OSSL_PARAM settable[] = {number(OSSL_STORE_PARAM_EXPECT), end_of_list};

const OSSL_PARAM* list_settable(void* /*context*/) noexcept {
  return settable;
}

int set_parameters(void* store, const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* expected = OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_EXPECT);
  int type = 0;
  if (expected == nullptr) return 1;
  if (OSSL_PARAM_get_int(expected, &type) != 1) return 0;
  as_store(store).expect(type);
  return 1;
}

const OSSL_DISPATCH functions[] = {{OSSL_FUNC_STORE_OPEN, reinterpret_cast<Function>(open_store)},
                                   {OSSL_FUNC_STORE_CLOSE, reinterpret_cast<Function>(close_store)},
                                   {OSSL_FUNC_STORE_LOAD, reinterpret_cast<Function>(load_next)},
                                   {OSSL_FUNC_STORE_EOF, reinterpret_cast<Function>(is_at_end)},
                                   {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_settable)},
                                   {OSSL_FUNC_STORE_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
                                   {0, nullptr}};

}  // namespace

const OSSL_ALGORITHM stores[] = {{"edgeseal", own_property, functions, "keys and certificates of the Edgeseal agent"},
                                 {nullptr, nullptr, nullptr, nullptr}};

}  // namespace edgeseal::provider

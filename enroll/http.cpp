#include "enroll/http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "enroll/error.h"
#include "enroll/other_host.h"
#include "enroll/printable.h"
#include "enroll/tls_settings.h"
#include "enroll/url.h"

namespace edgeseal::enroll {
namespace {

constexpr std::size_t max_headers = 64;
constexpr std::size_t max_header_bytes = 16 * 1024;
constexpr int poll_milliseconds = 1000;

struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using StringList = std::unique_ptr<curl_slist, FreeList>;
struct CleanEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct CleanMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void append(StringList& list, const char* text) {
  curl_slist* longer = curl_slist_append(list.get(), text);
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

StringList headers_of(const HttpRequest& request) {
  StringList list;
  append(list, "Expect:");  // no waiting for 100 Continue
  append(list, ("Accept:" + (request.accept.empty() ? "" : " " + request.accept)).c_str());
  append(list, ("Content-Type:" + (request.content_type.empty() ? "" : " " + request.content_type)).c_str());
  if (request.authorization.empty()) return list;
  constexpr std::string_view name = "Authorization: ";
  SecretBytes line(name.size() + request.authorization.size() + 1);  // ends in a zero
  std::copy_n(bytes_of(name).begin(), name.size(), line.begin());
  std::copy(request.authorization.begin(), request.authorization.end(), line.data() + name.size());
  append(list, reinterpret_cast<const char*>(line.data()));
  return list;
}

// One answer as it comes in. What is more than the bounds ends the transfer.
class Incoming {
 public:
  explicit Incoming(std::size_t max_body) : max_body_(max_body) {}

  // 0 ends the transfer.
  std::size_t take_header(std::string_view line) {
    const bool begins = std::exchange(block_ended_, trimmed(line).empty());
    if (begins && response_.body.empty() && line.starts_with("HTTP/")) {
      response_ = {};  // of an interim answer, or of a proxy, is nothing of interest
      header_bytes_ = 0;
      return line.size();
    }
    header_bytes_ += line.size();
    if (response_.headers.size() >= max_headers || header_bytes_ > max_header_bytes) return refuse("too many headers");
    if (const auto colon = line.find(':'); colon != std::string_view::npos)
      response_.headers.emplace_back(lower(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)));
    return line.size();
  }

  std::size_t take_body(ByteView bytes, long status) {
    const bool refusal = status >= 300;
    const std::size_t room = std::min(max_body_, refusal ? max_refusal_body : max_body_) - response_.body.size();
    const ByteView taken = bytes.first(std::min(room, bytes.size()));
    response_.body.insert(response_.body.end(), taken.begin(), taken.end());
    if (taken.size() == bytes.size()) return bytes.size();
    cut_off_ = refusal;
    return refusal ? 0 : refuse("too long");
  }

  [[nodiscard]] bool cut_off() const noexcept { return cut_off_; }
  [[nodiscard]] const char* problem() const noexcept { return problem_; }  // null: none
  [[nodiscard]] HttpResponse finish(long status) {
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }

 private:
  std::size_t refuse(const char* problem) {
    problem_ = problem;
    return 0;
  }

  const std::size_t max_body_;
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool block_ended_ = true;  // of headers: a status line may follow
  bool cut_off_ = false;
  const char* problem_ = nullptr;
};

void require_curl(bool done, const char* operation) {
  if (!done) throw std::runtime_error(fmt::format("{} failed in libcurl", operation));
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK) throw std::runtime_error(fmt::format("curl_easy_setopt: {}", curl_easy_strerror(code)));
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string_view> HttpResponse::headers_named(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : headers)
    if (key == name) found.emplace_back(value);
  return found;
}

std::string HttpResponse::media_type() const {
  const std::string_view value = header("content-type").value_or("");
  return lower(trimmed(value.substr(0, value.find(';'))));
}

// libcurl keeps addresses of it, so it stays where it is.
class HttpClient::Connection {
 public:
  explicit Connection(HttpOptions options)
      : options_(std::move(options)), tls_(options_.trust, options_.identity, options_.clock) {
    require_curl(easy_ && multi_, "curl_easy_init");
    set_up();
  }

  HttpResponse exchange(const HttpRequest& request, const std::stop_token& stop) {
    const Url url = parse_url(request.url);
    if (url.scheme != "https" && options_.schemes == Schemes::https)
      throw Error(ErrorClass::policy, fmt::format("{}: https is wanted", printable(request.url)));
    tls_.expect(url.host);
    failure_.reset();
    error_text_[0] = '\0';
    incoming_.emplace(options_.limits.body);
    const StringList headers = headers_of(request);
    set_request(request, url, headers.get());
    const CURLcode code = transfer(stop);
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && !incoming_->cut_off()) throw reason(code, url, stop);
    HttpResponse response = incoming_->finish(status);
    if (response.header("content-encoding").value_or("identity") != "identity")
      throw Error(ErrorClass::transport, fmt::format("{} sent a content encoding that it was not asked for", url.host));
    return response;
  }

  [[nodiscard]] const std::vector<Certificate>& server_chain() const noexcept { return tls_.verifier().chain(); }

 private:
  void set_up() {
    CURL* easy = easy_.get();
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    set(easy, CURLOPT_PROTOCOLS_STR, options_.schemes == Schemes::https ? "https" : "https,http");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_PROXY, options_.proxy.c_str());
    if (!options_.resolution.empty()) append(resolutions_, options_.resolution.c_str());
    set(easy, CURLOPT_RESOLVE, resolutions_.get());
    set(easy, CURLOPT_USERAGENT, "edgeseal-enroll/" EDGESEAL_VERSION);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.limits.connect.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.limits.total.count()));
    set_up_tls();
    if (options_.addresses == Addresses::other_hosts) {
      set(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
      set(easy, CURLOPT_OPENSOCKETDATA, this);
    }
    set(easy, CURLOPT_HEADERFUNCTION, on_header);
    set(easy, CURLOPT_HEADERDATA, this);
    set(easy, CURLOPT_WRITEFUNCTION, on_body);
    set(easy, CURLOPT_WRITEDATA, this);
  }

  // Chain and name are verified by tls_; libcurl's own check of the name comes after it, where there is one to match.
  void set_up_tls() {
    CURL* easy = easy_.get();
    const bool full = options_.trust.verification == Verification::full;
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, full ? 2L : 0L);
    set(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    set(easy, CURLOPT_SSL_CTX_DATA, this);
    set(easy, CURLOPT_PREREQFUNCTION, on_connected);
    set(easy, CURLOPT_PREREQDATA, this);
  }

  void set_request(const HttpRequest& request, const Url& url, curl_slist* headers) {
    CURL* easy = easy_.get();
    set(easy, CURLOPT_URL, url.text().c_str());
    set(easy, CURLOPT_HTTPHEADER, headers);
    if (request.method == Method::get) {
      set(easy, CURLOPT_HTTPGET, 1L);
      return;
    }
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(request.body.data()));
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }

  // A request to stop interrupts the wait.
  CURLcode transfer(const std::stop_token& stop) {
    CURLM* multi = multi_.get();
    curl_multi_add_handle(multi, easy_.get());
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    {
      const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
      for (int running = 1; running > 0 && !stop.stop_requested();) {
        curl_multi_perform(multi, &running);
        if (running > 0) curl_multi_poll(multi, nullptr, 0, poll_milliseconds, nullptr);
      }
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    curl_multi_remove_handle(multi, easy_.get());
    return code;
  }

  [[nodiscard]] Error reason(CURLcode code, const Url& url, const std::stop_token& stop) const {
    if (failure_) return *failure_;
    if (const auto failure = tls_.failure()) return *failure;
    if (stop.stop_requested()) return {ErrorClass::cancelled, "cancelled"};
    if (incoming_->problem() != nullptr)
      return {ErrorClass::transport, fmt::format("the answer of {} is {}", printable(url.host), incoming_->problem())};
    const char* detail = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
    return {ErrorClass::transport, fmt::format("no answer of {}: {}", printable(url.host), printable(detail))};
  }

  static std::size_t on_header(const char* data, std::size_t, std::size_t size, Connection* self) noexcept {
    return self->incoming_->take_header({data, size});
  }

  static std::size_t on_body(const char* data, std::size_t, std::size_t size, Connection* self) noexcept {
    long status = 0;
    curl_easy_getinfo(self->easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return self->incoming_->take_body(bytes_of({data, size}), status);
  }

  // For each address of a server, with what is then connected to.
  static curl_socket_t on_socket(Connection* self, curlsocktype, curl_sockaddr* target) noexcept {
    if (is_other_host(target->addr, target->addrlen))
      return ::socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
    self->failure_ = Error(ErrorClass::policy,
                           fmt::format("{} leads to this host, to a service of the machine, or to no single host; "
                                       "nothing was sent there",
                                       printable(self->tls_.verifier().host())));
    return CURL_SOCKET_BAD;
  }

  // Before each request.
  static int on_connected(Connection* self, char*, char*, int, int) noexcept {
    const bool may_go_on = self->options_.identity_use == IdentityUse::offered || !self->options_.identity ||
                           self->tls_.is_identity_requested();
    if (may_go_on) return CURL_PREREQFUNC_OK;
    self->failure_ = Error(ErrorClass::server_untrusted,
                           fmt::format("{} asks for no certificate of this device, so that it can't know who asks; "
                                       "remedy: let its TLS server request certificates of clients",
                                       printable(self->tls_.verifier().host())));
    return CURL_PREREQFUNC_ABORT;
  }

  static CURLcode on_tls_context(CURL*, SSL_CTX* context, Connection* self) noexcept try {
    self->tls_.apply(*context);
    return CURLE_OK;
  } catch (const Error& error) {
    self->failure_ = error;
    return CURLE_ABORTED_BY_CALLBACK;
  }

  const HttpOptions options_;
  TlsSettings tls_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::optional<Error> failure_;
  std::optional<Incoming> incoming_;
  StringList resolutions_;
  std::unique_ptr<CURLM, CleanMulti> multi_{curl_multi_init()};
  std::unique_ptr<CURL, CleanEasy> easy_{curl_easy_init()};
};

HttpClient::HttpClient(HttpOptions options) : connection_(std::make_unique<Connection>(std::move(options))) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpResponse HttpClient::exchange(const HttpRequest& request, const std::stop_token& stop) {
  return connection_->exchange(request, stop);
}

const std::vector<Certificate>& HttpClient::server_chain() const noexcept {
  return connection_->server_chain();
}

}  // namespace edgeseal::enroll

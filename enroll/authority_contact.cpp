#include "enroll/authority_contact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "enroll/cmp/endpoint.h"
#include "enroll/est/client.h"
#include "enroll/est/first_trust.h"
#include "enroll/job_material.h"

namespace edgeseal::enroll {
namespace {

// Somebody waits for the answer.
constexpr std::chrono::milliseconds longest_connection{5'000}, longest_exchange{10'000};

// Nobody is asked, and nothing is kept.
class ContactPort final : public JobPort {
 public:
  void entered(Stage) override {}
  [[noreturn]] void propose(const std::vector<ProposedAnchor>& anchors) override {
    throw Error(ErrorClass::server_untrusted,
                fmt::format("{} shows a root with the fingerprint {}, which nobody has approved yet; remedy: "
                            "edgesealctl enroll, then edgesealctl job approve",
                            anchors.front().host, hexadecimal(anchors.front().fingerprint)));
  }
  void keep(const Bytes&) override {}
  void secret_spent() override {}
};

// Who was verified, and then has no good answer, is there all the same.
template <class Client, class Question>
void ask(Client& client, const Question& question) try {
  question();
} catch (const Error& error) {
  const bool is_there = error.error_class() == ErrorClass::transport && !client.server_chain().empty();
  throw is_there ? Error(ErrorClass::rejected, error.what()) : error;
}

void contact_est(const Job& job, const Surroundings& surroundings, const std::stop_token& stop) {
  ContactPort port;
  HttpOptions options = http_options_of(job, surroundings);
  options.trust = server_trust_of(job, est::initial_trust(job, port, surroundings, stop).anchors);
  est::EstClient client(std::move(options), job.url);
  ask(client, [&] { static_cast<void>(client.ca_certificates(stop)); });
}

// Of a proxy, or of what stands before a service that is down (RFC 9110 §15).
constexpr std::array without_the_server = {407, 502, 503, 504};

void require_answer_of_server(const HttpResponse& response) {
  if (response.is_redirection())
    throw Error(ErrorClass::redirect, fmt::format("the CMP server answers {}: it points elsewhere", response.status));
  if (std::ranges::find(without_the_server, response.status) != without_the_server.end())
    throw Error(ErrorClass::transport, fmt::format("in place of the CMP server something answers {}", response.status));
}

// CMP has no question without a protected message: that one is missing is the best answer.
void contact_cmp(const Job& job, const Surroundings& surroundings, const std::stop_token& stop) {
  HttpRequest request;
  request.url = cmp::endpoint_url(job.url, job.cmp.profile, cmp::RequestKind::ca_certificates);
  HttpClient http(connection_to_server(job, trust_set_of(job.trust).anchors, surroundings));
  ask(http, [&] { require_answer_of_server(http.exchange(request, stop)); });
}

void contact(const Job& job, const Surroundings& surroundings, const std::stop_token& stop) {
  switch (job.protocol) {
    case Protocol::est: return contact_est(job, surroundings, stop);
    case Protocol::cmp: return contact_cmp(job, surroundings, stop);
    case Protocol::helper: break;
  }
  throw Error(ErrorClass::policy, "only a server of EST or CMP can be contacted without a request");
}

Surroundings with_short_limits(Surroundings surroundings) {
  surroundings.limits.connect = std::min(surroundings.limits.connect, longest_connection);
  surroundings.limits.total = std::min(surroundings.limits.total, longest_exchange);
  return surroundings;
}

// It was verified before it could say so.
bool wants_to_know_us(const Error& error) {
  return error.error_class() == ErrorClass::credentials || error.error_class() == ErrorClass::waiting;
}

std::optional<Error> problem_of(AgentContacts& agent, const std::string& profile, const Surroundings& surroundings,
                                const std::stop_token& stop) {
  try {
    contact(agent.take_contact(profile), with_short_limits(surroundings), stop);
    return std::nullopt;
  } catch (const Error& error) {
    return wants_to_know_us(error) ? std::nullopt : std::optional(error);
  } catch (const RefusedByAgent&) {
    throw;
  } catch (const std::exception& error) {  // libcrypto, or no memory
    return Error(ErrorClass::transport, error.what());
  }
}

}  // namespace

void run_contact(AgentContacts& agent, const std::string& profile, const Surroundings& surroundings,
                 const std::stop_token& stop) try {
  agent.report_contact(profile, problem_of(agent, profile, surroundings, stop));
} catch (const RefusedByAgent&) {  // nobody waits for it any more
}

}  // namespace edgeseal::enroll

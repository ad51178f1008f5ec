#include "enroll/staged_download.h"

#include <fmt/format.h>

#include "enroll/job_material.h"
#include "enroll/printable.h"
#include "enroll/url.h"

namespace edgeseal::enroll {
namespace {

constexpr int ok = 200;

Bytes body_of(HttpResponse response, const Url& url) {
  if (response.is_redirection())
    throw Error(ErrorClass::redirect,
                fmt::format("{} redirects to {}, and no redirection is followed: name that URL in the file if it is "
                            "right",
                            url.host, printable(response.header("location").value_or("nowhere"))));
  if (response.status != ok) throw Error(ErrorClass::rejected, fmt::format("{} answers {}", url.host, response.status));
  if (response.body.empty()) throw Error(ErrorClass::transport, fmt::format("the answer of {} is empty", url.host));
  return std::move(response.body);
}

Bytes fetch(const Job& job, const Surroundings& surroundings, const std::stop_token& stop) {
  HttpOptions options = connection_to_server(job, trust_set_of(job.trust).anchors, surroundings);
  options.addresses = surroundings.downloads_from;
  HttpRequest request;
  request.url = job.url;
  return body_of(HttpClient(std::move(options)).exchange(request, stop), parse_url(job.url));
}

std::variant<Bytes, Error> outcome_of(AgentDownloads& agent, const std::string& url, const Surroundings& surroundings,
                                      const std::stop_token& stop) {
  try {
    return fetch(agent.take_download(url), surroundings, stop);
  } catch (const Error& error) {
    return error;
  } catch (const RefusedByAgent&) {
    throw;
  } catch (const std::exception& error) {  // libcrypto, or no memory
    return Error(ErrorClass::transport, error.what());
  }
}

}  // namespace

void run_download(AgentDownloads& agent, const std::string& url, const Surroundings& surroundings,
                  const std::stop_token& stop) try {
  agent.report_download(url, outcome_of(agent, url, surroundings, stop));
} catch (const RefusedByAgent&) {  // nobody waits for it any more
}

}  // namespace edgeseal::enroll

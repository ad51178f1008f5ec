#pragma once

#include <stop_token>
#include <string>
#include <variant>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// What the agent wants fetched, by URL, as whoever fetches it sees it (org.edgeseal.Staging1). From any thread; every
// member throws RefusedByAgent.
class AgentDownloads {
 public:
  virtual ~AgentDownloads() = default;

  // Of the job, what says where the server is and whom to trust. Throws Error for one that is ours now and can't be
  // fetched.
  [[nodiscard]] virtual Job take_download(const std::string& url) = 0;
  virtual void report_download(const std::string& url, const std::variant<Bytes, Error>& outcome) = 0;
};

// Takes a download, fetches it and hands it to the agent, which judges it. Whoever made the staged file chose the URL:
// the server sees no identity and no secret of this device, no redirection is followed, and no address of this host is
// connected to, whatever name leads there.
void run_download(AgentDownloads& agent, const std::string& url, const Surroundings& surroundings,
                  const std::stop_token& stop);

}  // namespace edgeseal::enroll

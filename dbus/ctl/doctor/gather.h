#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/attachments.h"
#include "dbus/ctl/doctor/facts.h"

namespace edgeseal::ctl {

// Where things are on a machine, as far as the agent does not say so.
struct DoctorPlaces {
  std::filesystem::path configuration = "/etc/edgeseal";
  std::filesystem::path state = "/var/lib/edgeseal";
  std::filesystem::path key_socket = "/run/edgeseal/keys.sock";
  std::filesystem::path journal = "/var/log/journal";
  AttachmentPlaces attachments;
};

// Whether authorities are contacted for it, by edgeseal-enroll.
enum class Contacts { Avoided, Wanted };

// Never throws for what it finds: what can't be found out is a fact, too. An agent that does not answer is waited for
// once.
[[nodiscard]] Facts gather(AgentConnection& agent, ServiceManager& manager, const DoctorPlaces& usual_places,
                           Contacts contacts);

// The parts that ask neither bus.
[[nodiscard]] FileFact file_fact(const std::filesystem::path& path);
[[nodiscard]] std::vector<FileFact> file_facts_below(const std::filesystem::path& directory);
[[nodiscard]] std::string problem_of_socket(const std::filesystem::path& path);  // empty: somebody answers
[[nodiscard]] Known<bool> keeps_journal(const std::filesystem::path& directory);
// The process of that number in proc(5), of others for root alone.
[[nodiscard]] Known<ProcessFact> process_fact(std::uint32_t number, const std::filesystem::path& processes = "/proc");
// By becoming that account in a process of its own; only root can.
[[nodiscard]] Known<bool> can_read(const std::string& account, const std::filesystem::path& file);

}  // namespace edgeseal::ctl

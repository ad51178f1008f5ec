# What a line may go on with, the program knows: edgesealctl __complete.

function __edgesealctl_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set --erase words[1]
    set -l current (commandline --current-token --cut-at-cursor)
    # What of the word stands before a value: --out=
    set -l parted (string match --regex '^--[^=]*=' -- $current)
    for line in (edgesealctl __complete $words "$current" 2>/dev/null </dev/null)
        switch $line
            case :files
                string replace --regex '^' -- "$parted" (__fish_complete_path (string replace -- "$parted" '' $current))
            case :directories
                string replace --regex '^' -- "$parted" (__fish_complete_directories (string replace -- "$parted" '' $current))
            case ':command *'
                set -l before (string replace ':command ' '' -- $line)
                while test $before -gt 0
                    set --erase words[1]
                    set before (math $before - 1)
                end
                complete --do-complete (string join ' ' -- (string escape -- $words) "$current")
            case '*'
                printf '%s\n' $line
        end
    end
end

complete --command edgesealctl --no-files --arguments '(__edgesealctl_complete)'

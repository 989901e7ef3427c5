#!/usr/bin/perl
# Asks HAProxy one thing: sends a line to a socket and prints the answer. Or, without a line, just connects.
# Perl, because it is in every Debian image (perl-base is essential) and starts in 5 ms, where Node takes 50.
# Refuses to wait: it ends with 1 after two seconds.
use strict;
use warnings;
use Socket;

my ($where, $line) = @ARGV;
die "usage: ask.pl /path/of.sock|host:port [command]\n" unless defined $where;

$SIG{ALRM} = sub { die "$where did not answer within 2 s\n" };
alarm 2;

# Throws what the system says. An address is a number, never a name to look up.
sub dial {
    my $socket;
    if ($where =~ m{^/}) {
        socket($socket, PF_UNIX, SOCK_STREAM, 0) or die "$!\n";
        connect($socket, sockaddr_un($where)) or die "$where: $!\n";
        return $socket;
    }
    my ($host, $port) = $where =~ /^\[?(.*?)\]?:(\d+)$/ or die "$where is no host:port\n";
    my $is6 = $host =~ /:/;
    my $ip = Socket::inet_pton($is6 ? AF_INET6 : AF_INET, $host) or die "$host is no address\n";
    socket($socket, $is6 ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "$!\n";
    connect($socket, $is6 ? Socket::pack_sockaddr_in6($port, $ip) : sockaddr_in($port, $ip))
        or die "$where: $!\n";
    return $socket;
}

my $socket = dial();
exit 0 unless defined $line;
syswrite($socket, "$line\n") or die "$where: $!\n";
# The master's socket ends an answer by its end only, and that only once this side has ended.
shutdown($socket, 1);
print while <$socket>;

#!/usr/bin/perl
# cut-off.pl FOLDER: the file system there loses its disk: it writes nothing more, and answers with errors.
use strict;
use warnings;

my ($folder) = @ARGV;
open(my $root, '<', $folder) or die "$folder: $!\n";
my $without_its_journal = pack('L', 2);    # EXT4_GOING_FLAGS_NOLOGFLUSH of EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
ioctl($root, 0x8004587d, $without_its_journal) or die "$folder cannot be cut off: $!\n";

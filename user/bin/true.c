/* SPDX-License-Identifier: MIT */
/* true.c: succeeds. The smallest program there is: what a spawn costs is measured with it. */

int main(void)
{
    return 0;
}

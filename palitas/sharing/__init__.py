"""What leaves the site: the pictures of shared links and the printed flyer."""
